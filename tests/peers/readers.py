"""Real feed readers, each as a function of an address and a directory of its own: what titles it has afterwards."""

from __future__ import annotations

import email
import email.header
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import feedparser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Reader:
    """A reader's run. `titles` is what it knows, `None` where it could not read the feed (and said so)."""

    name: str
    needs: str | None
    read: Callable[[str, Path, dict[str, Any]], set[str] | None]
    format: str = "atom"
    state: dict[str, Any] = field(default_factory=dict)

    def is_here(self) -> bool:
        """Whether the program is installed."""
        return self.needs is None or shutil.which(self.needs) is not None


def _run(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "HOME": str(cwd), **variables}  # noqa: TID251 - a home of its own for the reader
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=60)


def _titles(document: bytes) -> set[str] | None:
    parsed = feedparser.parse(document)
    return None if parsed.bozo else {entry.title for entry in parsed.entries}


def newsboat(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    (home / "urls").write_text(url + "\n")
    (home / "config").write_text("")
    _run(
        *("newsboat", "-u", str(home / "urls"), "-c", str(home / "cache.db"), "-C", str(home / "config")),
        *("-x", "reload"),
        cwd=home,
    )
    with sqlite3.connect(home / "cache.db") as database:
        rows = database.execute("SELECT title FROM rss_item").fetchall()
    database.close()
    return {row[0] for row in rows} or None


def sfeed(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    (home / "sfeedrc").write_text(f'sfeedpath="{home}/feeds"\nfeeds() {{\n\tfeed "pool" "{url}"\n}}\n')
    done = _run("sfeed_update", str(home / "sfeedrc"), cwd=home)
    if b"FAIL" in done.stdout:
        return None
    lines = (home / "feeds" / "pool").read_text().splitlines()
    return {line.split("\t")[1] for line in lines}


def wget(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    # -N asks with If-Modified-Since once it has the file
    done = _run("wget", "-q", "-N", url, cwd=home)
    files = list(home.glob("*.atom"))
    return _titles(files[0].read_bytes()) if done.returncode == 0 and files else None


def curl(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    etag, out = home / "etag", home / "feed.atom"
    compare = ["--etag-compare", str(etag)] if etag.exists() else []
    done = _run("curl", "-sf", *compare, "--etag-save", str(etag), "-o", str(home / "new"), url, cwd=home)
    if done.returncode:
        return None
    if (home / "new").exists() and (home / "new").stat().st_size:
        (home / "new").replace(out)
    return _titles(out.read_bytes())


def feedparser_reader(url: str, _home: Path, state: dict[str, Any]) -> set[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = feedparser.parse(url, etag=state.get("etag"), modified=state.get("modified"))
    if parsed.get("status") == 304:
        return set(state["titles"])
    if parsed.get("status") not in {200, 226} or parsed.bozo:
        return None
    state["etag"], state["modified"] = parsed.get("etag"), parsed.get("modified")
    state["titles"] = {entry.title for entry in parsed.entries} | set(state.get("titles", ()))
    return set(state["titles"])


def rss2email(url: str, home: Path, state: dict[str, Any]) -> set[str] | None:
    base = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "rss2email.main",
        "-c",
        str(home / "r2e.cfg"),
        "-d",
        str(home / "r2e.json"),
    ]
    if "made" not in state:
        (home / "Maildir").mkdir()
        (home / "r2e.cfg").write_text(
            "[DEFAULT]\nfrom = a@pools.test\nto = b@pools.test\nemail-protocol = maildir\n"
            f"maildir-path = {home}/Maildir\nmaildir-mailbox = feeds\n"
        )
        _run(*base, "add", "pool", url, cwd=home)
        state["made"] = True
    done = _run(*base, "run", cwd=home)
    if done.returncode or b"HTTP status 4" in done.stderr or b"Traceback" in done.stderr:
        return None
    found = set()
    for path in home.glob("Maildir/**/new/*"):
        subject = email.message_from_bytes(path.read_bytes())["Subject"]
        found.add(str(email.header.make_header(email.header.decode_header(subject))))
    return found or None


def reader(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    script = (
        "import sys, reader\n"
        "r = reader.make_reader(sys.argv[1])\n"
        "r.add_feed(sys.argv[2], exist_ok=True)\n"
        "try:\n    r.update_feed(sys.argv[2])\n"
        "except reader.UpdateError as e:\n    sys.exit(str(e))\n"
        "import json; print(json.dumps([e.title for e in r.get_entries()]))\n"
    )
    done = _run(sys.executable, "-W", "ignore", "-c", script, str(home / "reader.db"), url, cwd=home)
    return set(json.loads(done.stdout)) if done.returncode == 0 else None


def node_fetch(url: str, home: Path, _state: dict[str, Any]) -> set[str] | None:
    script = """
const fs = require('fs'); const [url, file] = process.argv.slice(1);
const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : null;
fetch(url, {headers: kept ? {'if-none-match': kept.etag} : {}}).then(async r => {
  if (r.status === 304) { console.log(JSON.stringify(kept.titles)); return; }
  if (!r.ok) { process.exit(1); }
  const titles = (await r.json()).items.map(i => i.title);
  fs.writeFileSync(file, JSON.stringify({etag: r.headers.get('etag'), titles}));
  console.log(JSON.stringify(titles));
}).catch(e => { console.error(e.name); process.exit(2); });
"""
    done = _run("node", "-e", script, url, str(home / "kept.json"), cwd=home)
    return set(json.loads(done.stdout)) if done.returncode == 0 else None


READERS = (
    Reader("newsboat", "newsboat", newsboat),
    Reader("sfeed", "sfeed_update", sfeed, format="rss"),
    Reader("wget", "wget", wget),
    Reader("curl", "curl", curl),
    Reader("feedparser", None, feedparser_reader),
    Reader("rss2email", None, rss2email, format="rss"),
    Reader("reader", None, reader),
    Reader("Node fetch", "node", node_fetch, format="json"),
)
