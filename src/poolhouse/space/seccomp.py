"""A seccomp filter in classic BPF: system calls that a worker has no use for answer EPERM.

A list of what is refused, not of what is allowed: libraries change what they call, and a worker shall not break with
them. What it refuses is what reaches out of the process: sockets, programs, other processes, the kernel's own doors.
Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst; numbers from the kernel's tables of both machines.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_SET_MODE_FILTER, _TSYNC = 1, 1
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000

# (x86_64, aarch64); None where the machine has no such call
_Numbers = dict[str, tuple[int | None, int | None]]

_NETWORK: _Numbers = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
}
_FILES: _Numbers = {
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}
_ALWAYS: _Numbers = {
    # programs and processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    # memory that outlives its maker, or that nobody counts
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # doors into the kernel
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    # what only root may do anyway
    "mount": (165, 40),
    "umount2": (166, 39),
    "setns": (308, 268),
    "unshare": (272, 97),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "sethostname": (170, 161),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
}
_OWN_PROCESS_ONLY: _Numbers = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_NO_OTHER_PROCESS: _Numbers = {"prlimit64": (302, 261)}
_TKILL = {"tkill": (200, 130)}
_CLONE, _CLONE3 = (56, 220), 435

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH


def program(machine: str, pid: int, *, network: bool = False, files: bool = False) -> bytes | None:
    """The filter for a process on `machine`, as an array of struct sock_filter; None for a machine we do not know."""
    if machine not in _MACHINES:
        return None
    column, arch = _MACHINES[machine]
    code = [
        _op(_LOAD, _ARCH),
        _op(_JUMP_EQUAL, arch, 1, 0),
        _op(_RETURN, _KILL_PROCESS),
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_op(_JUMP_AT_LEAST, _X32_BIT, 0, 1), _refuse()]
    refused = _ALWAYS | _TKILL | ({} if network else _NETWORK) | ({} if files else _FILES)
    for numbers in refused.values():
        code += _when(numbers[column], [_refuse()])
    # ENOSYS: the C library falls back to clone, whose flags a filter can see
    code += _when(_CLONE3, [_refuse(errno.ENOSYS)])
    code += _when(
        _CLONE[column],
        [_op(_LOAD, _ARGUMENT_0), _op(_JUMP_ANY_BIT, _CLONE_THREAD, 1, 0), _refuse(), _op(_RETURN, _ALLOW)],
    )
    for numbers in _OWN_PROCESS_ONLY.values():
        code += _when(
            numbers[column],
            [_op(_LOAD, _ARGUMENT_0), _op(_JUMP_EQUAL, pid, 1, 0), _refuse(), _op(_RETURN, _ALLOW)],
        )
    for numbers in _NO_OTHER_PROCESS.values():
        code += _when(
            numbers[column],
            [
                _op(_LOAD, _ARGUMENT_0),
                _op(_JUMP_EQUAL, 0, 2, 0),
                _op(_JUMP_EQUAL, pid, 1, 0),
                _refuse(),
                _op(_RETURN, _ALLOW),
            ],
        )
    return b"".join([*code, _op(_RETURN, _ALLOW)])


def install(*, network: bool = False, files: bool = False) -> bool:
    """Filter this process, every thread of it, for good. False where the kernel or the machine cannot."""
    code = program(platform.machine(), os.getpid(), network=network, files=files)
    if code is None:
        return False
    buffer = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer)), struct.calcsize("HxxxxxxP")
    )
    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    if libc.syscall(number, _SET_MODE_FILTER, _TSYNC, head) == 0:
        return True
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head) == 0)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int = errno.EPERM) -> bytes:
    return _op(_RETURN, _ERRNO | number)


def _when(number: int | None, then: list[bytes]) -> list[bytes]:
    return [] if number is None else [_op(_JUMP_EQUAL, number, 0, len(then)), *then]
