/* The calibration: the same conversation on raw epoll in C, as cheap as one process makes it.
 *
 * reference LISTENER one-shot|keep-alive GREETS HEAVY_US: serves the listening socket of that descriptor.
 * Level-triggered, one connection accepted a turn, an array of connections by descriptor. Numbers of more than 64 bits
 * are not understood here; a request that is not answered ends its connection.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 4096, EVENTS = 256 };

struct partial { size_t length; char bytes[]; };

static struct partial **partials;
static int poll_fd, one_shot, greets;
static long heavy_us;

static void spin(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    int64_t end = now.tv_sec * 1000000000LL + now.tv_nsec + heavy_us * 1000LL;
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec * 1000000000LL + now.tv_nsec < end);
}

static void finish(int fd) {
    free(partials[fd]);
    partials[fd] = NULL;
    close(fd);
}

/* Answers the line that ends at `end`; 0 where it is none. */
static int answer(int fd, char *line, char *end) {
    char *rest, text[32];
    *end = 0;
    errno = 0;
    long long number = strtoll(line, &rest, 10);
    if (rest == line || rest != end || errno) return 0;
    if (heavy_us) spin();
    int length = snprintf(text, sizeof text, "%lld\n", 2 * number + 1);
    return send(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}

static void keep(int fd, const char *bytes, size_t length) {
    free(partials[fd]);
    partials[fd] = NULL;
    if (!length) return;
    partials[fd] = malloc(sizeof(struct partial) + length);
    if (!partials[fd]) abort();
    partials[fd]->length = length;
    memcpy(partials[fd]->bytes, bytes, length);
}

static void converse(int fd) {
    static char buffer[2 * LONGEST + 1];
    size_t held = partials[fd] ? partials[fd]->length : 0;
    if (held) memcpy(buffer, partials[fd]->bytes, held);
    ssize_t received = recv(fd, buffer + held, LONGEST, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) { finish(fd); return; }
    char *line = buffer, *end, *all = buffer + held + received;
    while ((end = memchr(line, '\n', all - line))) {
        if (!answer(fd, line, end) || one_shot) { finish(fd); return; }
        line = end + 1;
    }
    if (all - line > LONGEST) { finish(fd); return; }
    keep(fd, line, all - line);
}

static void welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (greets) send(fd, "hello\n", 6, MSG_NOSIGNAL);
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **words) {
    if (count != 5) return 2;
    int listener = atoi(words[1]);
    one_shot = !strcmp(words[2], "one-shot");
    greets = atoi(words[3]);
    heavy_us = atol(words[4]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    partials = calloc(limit.rlim_cur, sizeof *partials);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    if (!partials || poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event)) { perror("reference"); return 1; }
    for (;;) {
        int ready = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) welcome(listener);
            else converse(events[i].data.fd);
        }
    }
}
