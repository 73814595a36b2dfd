"""The benchmark's own parts, and one short run of the whole."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.client import AnswerError, Client, Slice, get, post_json
from bench.durability import commits, syncs
from bench.figures import Figure, Sample, Summary, figures, lines, summarise
from bench.machine import describe_machine, processor
from bench.plot import draw
from bench.processes import cores, cpu_ns, memory_mib, on_core, resident_kib, tree
from bench.questions import LEAST_SIZE_UNKEPT, QUESTIONS, Unit
from bench.report import all_figures, read_result, write_result
from bench.servers import find_nginx
from bench.stores import COMMON_WORD, RARE_COUNT, RARE_WORD, TAG_COUNT, links

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NUMBERS = st.floats(min_value=0, max_value=1e9)


# figures


@given(st.lists(NUMBERS, min_size=1))
def test_quartiles_lie_in_order_within_what_was_measured(values: list[float]) -> None:
    found = summarise(values)
    slack = 1e-6 * max(values)
    assert min(values) - slack <= found.low <= found.median + slack
    assert found.median - slack <= found.high <= max(values) + slack


def test_median_and_quartiles() -> None:
    assert summarise([5, 1, 3, 2, 4]) == Summary(median=3, low=2, high=4)
    assert summarise([7]) == Summary(median=7, low=7, high=7)


def _sample(question: str, size: int, cpu_us: float, nginx_us: float = 10.0) -> Sample:
    return Sample(
        question=question,
        size=size,
        turn=0,
        count=100,
        seconds=1.0,
        cpu_us=cpu_us,
        nginx_us=nginx_us,
        load=0.5,
    )


def test_a_figure_is_the_median_of_ratios_to_the_nginx_beside_each() -> None:
    samples = [_sample("poll", 1000, 20, 10), _sample("poll", 1000, 60, 20), _sample("poll", 1000, 400, 100)]
    (found,) = figures(QUESTIONS, samples)
    assert (found.name, found.size, found.unit) == ("poll", 1000, Unit.RATIO)
    assert found.summary.median == 3
    assert found.is_held


def test_times_are_told_in_milliseconds_and_a_missed_goal_is_seen() -> None:
    found = figures(QUESTIONS, [_sample("save", 1000, 1500), _sample("save", 5000, 500)])
    assert [(each.size, each.summary.median, each.is_held) for each in found] == [
        (1000, 1.5, False),
        (5000, 0.5, True),
    ]
    assert "MISSED" in lines(found)[0]
    assert "held" in lines(found)[1]


def test_questions_are_told_apart() -> None:
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question.sentence for question in QUESTIONS}) == len(QUESTIONS)


def test_slices_tell_microseconds() -> None:
    assert Slice(count=4, seconds=1.0, cpu_ns=20_000).cpu_us == 5


# what Linux says


def test_resident_memory() -> None:
    said = "55d0-7ffc ---p 00000000 00:00 0  [rollup]\nRss:  46704 kB\nPss:  30102 kB\nPss_Anon: 29000 kB\n"
    assert resident_kib(said) == 46_704
    with pytest.raises(ValueError, match="Rss"):
        resident_kib("Pss: 1 kB\n")


def test_our_own_memory_is_some() -> None:
    assert 5 < memory_mib([os.getpid()]) < 10_000


def test_processor_time_counts_threads_that_ended() -> None:
    def spin() -> None:
        end = time.thread_time_ns() + 20_000_000
        while time.thread_time_ns() < end:
            pass

    before = cpu_ns([os.getpid()])
    threads = [threading.Thread(target=spin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cpu_ns([os.getpid()]) - before >= 40_000_000


def test_a_tree_has_the_children_of_children() -> None:
    inner = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert len(tree(child.pid)) == 2
        child.communicate("\n")


def test_a_core_is_held_for_a_while() -> None:
    before = os.sched_getaffinity(0)
    core, _ = cores()
    with on_core(core):
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_the_processor_has_a_name() -> None:
    assert (
        processor("processor\t: 0\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: other\n")
        == "AMD EPYC"
    )
    assert describe_machine()["sqlite"] == apsw.sqlite_lib_version()


# the client


@contextmanager
def _served(answers: list[bytes], pieces: int = 1) -> Iterator[int]:
    """A server that gives each connection these answers in turn, each in so many writes."""

    def work(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(ConnectionError):  # a client that saw enough goes away
            for answer in itertools.cycle(answers):
                if not connection.recv(65_536):
                    return
                head, mark, body = answer.partition(b"\r\n\r\n")
                connection.sendall(head + mark)
                step = -(-len(body) // pieces) or 1
                for at in range(0, len(body), step):
                    connection.sendall(body[at : at + step])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=work, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def _ok(body: bytes, name: bytes = b"content-length") -> bytes:
    return b"HTTP/1.1 200 OK\r\ndate: now\r\n%b: %d\r\n\r\n%b" % (name, len(body), body)


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("name", [b"content-length", b"Content-Length"])
def test_the_client_reads_whole_answers_and_counts_them(pieces: int, name: bytes) -> None:
    answers = [_ok(b"x" * 100_000, name), _ok(b"", name), _ok(b"\r\n\r\n", name)]
    with (
        _served(answers, pieces) as port,
        Client(port, itertools.repeat(get("/")), connections=1, status=b"200") as client,
    ):
        assert client.ask(at_least=20) == 20
        taken = client.measure(0.01, lambda: 0)
        assert taken.count >= 1
        assert taken.seconds >= 0.01


def test_an_answer_without_a_body_needs_no_length() -> None:
    with (
        _served([b"HTTP/1.1 304 Not Modified\r\netag: 1\r\n\r\n"]) as port,
        Client(port, itertools.repeat(get("/")), connections=1, status=b"304") as client,
    ):
        assert client.ask(at_least=5) == 5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "404 Not Found"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "Content-Length"),
    ],
)
def test_another_answer_ends_the_run(answer: bytes, words: str) -> None:
    with (
        _served([answer]) as port,
        Client(port, itertools.repeat(get("/")), connections=1, status=b"200") as client,
        pytest.raises(AnswerError, match=words),
    ):
        client.ask()


def test_requests_are_whole() -> None:
    head, _, body = post_json("/api", b"{}", "Authorization: Bearer x").partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /api HTTP/1.1"
    assert b"Content-Length: 2" in head.split(b"\r\n")
    assert body == b"{}"


# data and disk


def test_the_same_seed_gives_the_same_links() -> None:
    made = list(links(1000, 5))
    assert made == list(links(1000, 5))
    assert made != list(links(1000, 6))
    assert len({link.url for link in made}) == 1000
    assert sum(COMMON_WORD in link.note.lower().rstrip(".").split() for link in made) in range(98, 101)
    assert sum(RARE_WORD in link.note.lower().rstrip(".").split() for link in made) == RARE_COUNT
    assert {len(link.title.split()) for link in made} == {6}
    assert {len(link.note.split()) for link in made} == {28}
    assert {len(link.tags) for link in made} == {0, 1, 2, 3}
    assert len({tag for link in made for tag in link.tags}) == TAG_COUNT


def test_commits_in_a_log_are_counted(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.pragma("journal_mode", "wal")
    connection.execute("CREATE TABLE t (x)")
    wal = tmp_path / "a.db-wal"
    before = commits(wal.read_bytes())
    for number in range(7):
        # some of several pages
        connection.execute("INSERT INTO t VALUES (zeroblob(?))", (number * 3000,))
    assert commits(wal.read_bytes()) - before == 7
    connection.pragma("wal_checkpoint", "restart")
    connection.execute("INSERT INTO t VALUES (1)")
    assert commits(wal.read_bytes()) == 1
    connection.close()
    assert commits(b"") == 0


def test_fsyncs_of_the_store_are_counted() -> None:
    log = (
        "12 fdatasync(7</data/poolhouse.db-wal>) = 0\n"
        "12 fsync(3</data/secret.key>)      = 0\n"
        "13 fdatasync(5</data/poolhouse.db>) = 0\n"
        "13 fdatasync(5</data/poolhouse.db>) = -1 EIO (Input/output error)\n"
        "12 +++ exited with 0 +++\n"
    )
    assert syncs(log) == 2


# results


def _result() -> dict[str, object]:
    samples = [
        *(
            {**_as_dict(_sample("poll", size, 20 + size / 1000)), "turn": turn}
            for size in (1000, 5000)
            for turn in (0, 1)
        ),
        _as_dict(_sample("save", 1000, 700)),
    ]
    return {
        "machine": {"processor": "a processor"},
        "plan": {"sizes": [1000, 5000]},
        "samples": samples,
        "nginx_304": [0.7, 0.8],
        "memory": [
            {"size": 1000, "fresh_mib": 40.0, "loaded_mib": 50.0},
            {"size": 5000, "fresh_mib": 48.0, "loaded_mib": 60.0},
        ],
        "durability": {
            "concurrent": 16,
            "saves": 100,
            "groups": 10,
            "fsyncs_a_group": 1.5,
            "fsyncs_a_save": 0.2,
        },
    }


def _as_dict(sample: Sample) -> dict[str, object]:
    return {name: getattr(sample, name) for name in Sample.__slots__}


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_result(tmp_path / "deep" / "result.json", _result())
    assert read_result(tmp_path / "deep" / "result.json") == _result()


def test_memory_that_grows_and_fsyncs_that_multiply_miss_their_goals() -> None:
    found = {(each.name, each.size): each for each in all_figures(_result())}
    assert found["memory-loaded", 5000].is_held
    assert not found["growth-fresh", 5000].is_held
    assert found["growth-loaded", 5000].summary.median == pytest.approx(1.2)
    assert not found["fsyncs-group", 1000].is_held
    assert found["group-size", 1000].summary.median == 10
    assert found["nginx-304", 0].summary.median == pytest.approx(0.75)


def test_the_plot_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    found: list[Figure] = all_figures(_result())
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = draw(found, tmp_path / "a", "a processor")
    second = draw(found, tmp_path / "b", "a processor")
    assert [path.name for path in first] == ["speed.svg", "speed.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b"unchanged poll" in first[0].read_bytes()
    assert first[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.skipif(find_nginx() is None, reason="nginx is not here")
def test_a_short_run(tmp_path: Path) -> None:
    asked = (
        "poll",
        "feed-new",
        "render-atom",
        "render-atom-new",
        "save",
        "search-rare",
        "list-api",
        "list-page",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "--quick",
            "--turns",
            "1",
            "--output",
            str(tmp_path),
            "--only",
            *asked,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    sizes = result["plan"]["sizes"]
    assert max(sizes) < LEAST_SIZE_UNKEPT
    told = {(each["name"], each["size"]) for each in result["figures"]}
    assert told >= {(name, size) for name in asked if name != "render-atom-new" for size in sizes}
    assert all(sample["count"] > 0 and sample["cpu_us"] > 0 for sample in result["samples"])
    assert all(0 < each["fresh_mib"] < 500 for each in result["memory"])
    if shutil.which("strace"):
        # what the writer commits together is one fsync, whatever this machine's speed
        assert 1 <= result["durability"]["fsyncs_a_group"] < 1.5
        assert result["durability"]["saves"] >= 300
    assert (tmp_path / "speed.svg").is_file()
