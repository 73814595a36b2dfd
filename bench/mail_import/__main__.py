"""`python -m bench.mail_import`: an mbox brought in by the command until every message is found; then searches.

Prints JSON. Processor time is of the command and of all its workers; a search is asked of the store as the web does,
five times warm, its median. The mbox is made before, and counted in nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Any

from bench.mail_import.corpus import COMMON, LIST, RARE, SENDER, Corpus
from bench.programs import add_place, place_of
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.services.reading import search_items
from poolhouse.types import Principal, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.store.database import Database

PERSON = "bench"
SEARCHES = {
    "a rare word": RARE,
    "a common word": COMMON,
    "from an address": f"from:{SENDER}",
    "of a list": f"list:{LIST}",
    "with an attachment": "has:attachment",
    "a common word from an address": f"{COMMON} from:{SENDER}",
}
REPEATS = 5
PAGE = 50


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m bench.mail_import")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261125)
    add_place(parser)
    given = parser.parse_args(arguments)
    with place_of(given) as place:
        print(json.dumps(measure(place, given.messages, Random(given.seed))))
    return 0


def measure(place: Path, count: int, random: Random) -> dict[str, Any]:
    """Import so many messages in two stages, each a command: kept and listed, then read and searchable."""
    mbox, data = place / "made.mbox", place / "data"
    with mbox.open("wb") as file:
        file.writelines(Corpus(random, count).mbox())
    opened = open_data(data, SystemClock())
    person = opened.database.write(lambda tx: add_person(tx, PERSON, None))
    opened.close()
    stages = {}
    kept = _command(data, mbox, "--read-later")
    stages["kept"] = kept
    # the same again adds nothing: what is left is its own cost, which is taken off the reading
    again = _command(data, mbox, "--read-later")
    read = _command(data, mbox, "--read-now")
    stages["read"] = {name: read[name] - again[name] for name in read}
    opened = open_data(data, SystemClock())
    try:
        principal = Principal(person_id=person.id, scope=Scope.PERSON)
        searches = {words: _search(opened.database, principal, query) for words, query in SEARCHES.items()}
    finally:
        opened.close()
    return {
        "messages": count,
        "bytes": mbox.stat().st_size,
        "cpu_seconds": sum(stage["cpu_seconds"] for stage in stages.values()),
        "seconds": sum(stage["seconds"] for stage in stages.values()),
        "stages": stages,
        "again_cpu_seconds": again["cpu_seconds"],
        "store_bytes": (data / "poolhouse.db").stat().st_size,
        "searches_ms": {words: found["ms"] for words, found in searches.items()},
        "found": {words: found["count"] for words, found in searches.items()},
    }


def _command(data: Path, mbox: Path, reading: str) -> dict[str, float]:
    """Import by the command, and what that took."""
    before, start = _children_cpu(), time.monotonic()
    subprocess.run(
        [
            *(sys.executable, "-m", "poolhouse", "import-mail", str(mbox)),
            *("--person", PERSON, "--data", str(data), "--json", reading),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return {"cpu_seconds": _children_cpu() - before, "seconds": time.monotonic() - start}


def _children_cpu() -> float:
    """Processor time of everything that ended and was waited for, its own children included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _search(database: Database, principal: Principal, query: str) -> dict[str, float]:
    times = []
    found = 0
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = len(database.read(lambda tx: search_items(tx, principal, query, limit=PAGE)))
        times.append(1_000 * (time.perf_counter() - start))
    return {"ms": statistics.median(times), "count": found}


if __name__ == "__main__":
    sys.exit(main())
