"""The documentation is whole: links lead somewhere, pages are where readers look, nothing is left to be written."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from poolhouse.settings import SETTINGS, load_settings
from tests.docs.markdown import Page, read_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
INDEX = read_page(DOCS / "README.md")
KINDS = {"tutorial", "how-to", "reference", "explanation", "decisions"}
PAGES = [read_page(path) for path in sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])]
RECORDS = [page for page in PAGES if page.path.parent == DECISIONS and page.path.name != "README.md"]
RECORD_PARTS = ["Context", "Options", "Choice", "Consequences", "Evidence", "What would change our mind"]
UNFINISHED = re.compile(
    r"\b(TODO|TBD|FIXME|XXX|lorem ipsum|coming soon|to be written|under construction|placeholder text)\b",
    re.IGNORECASE,
)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.path.relative_to(ROOT)))
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.path.stem)


@every_page
def test_has_one_title(page: Page) -> None:
    assert len(page.headings(1)) == 1
    assert page.prose.lstrip().startswith("# ")


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"https", "mailto"}, f"{link} goes in the clear"
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        assert target.exists(), f"{link} leads nowhere"
        if parts.fragment:
            assert parts.fragment in read_page(target).anchors, f"{link}: no such heading"


@every_page
def test_nothing_is_left_to_be_written(page: Page) -> None:
    assert UNFINISHED.findall(page.prose) == []


@every_page
def test_says_only_targets_that_make_knows(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    said = re.findall(r"(?:`|^|&& )make ([a-z][a-z-]+)", page.text, re.MULTILINE)
    assert set(said) <= targets


@every_page
def test_says_only_settings_there_are(page: Page) -> None:
    known = {setting.variable for setting in SETTINGS} | {"POOLHOUSE_DATA"}
    assert set(re.findall(r"\bPOOLHOUSE_[A-Z_]+\b", page.text)) <= known


@every_page
def test_settings_it_shows_are_accepted(page: Page, tmp_path: Path) -> None:
    for block in page.code("toml"):
        (tmp_path / "poolhouse.toml").write_text(block, "utf-8")
        load_settings(tmp_path, {}, {})


def test_every_page_is_in_a_folder_of_its_kind() -> None:
    inside = [page.path.relative_to(DOCS) for page in PAGES if page.path.is_relative_to(DOCS)]
    strays = [path for path in inside if len(path.parts) != 2 or path.parts[0] not in KINDS]
    assert {str(path) for path in strays} == {"README.md", "glossary.md"}


def test_every_page_can_be_found_from_the_index() -> None:
    inside = {page.path for page in PAGES if page.path.is_relative_to(DOCS) and page.path != INDEX.path}
    assert inside - {record.path for record in RECORDS} == _targets(INDEX)


def test_every_decision_is_in_the_index_under_its_title() -> None:
    listed = dict(
        re.findall(
            r"^\| \[\d{4}\]\(([^)]+)\) \| (.+?) \|$", read_page(DECISIONS / "README.md").text, re.MULTILINE
        )
    )
    assert listed == {record.path.name: record.headings(1)[0].partition(": ")[2] for record in RECORDS}


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [record.path.name[:4] for record in RECORDS] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]


@every_record
def test_decision_has_its_parts(record: Page) -> None:
    assert record.headings(1)[0].startswith(record.path.name[:4] + ": ")
    assert record.headings(2) == RECORD_PARTS


@every_record
def test_decision_fits_a_screen(record: Page) -> None:
    assert len(record.text.splitlines()) <= 75


def test_readme_sets_up_with_two_commands() -> None:
    (first, *_) = read_page(ROOT / "README.md").code("sh")
    commands = [line.partition("#")[0].strip() for line in first.splitlines()]
    assert [command for command in commands if command] == ["make run", "make test"]


def test_glossary_is_in_order() -> None:
    words = re.findall(r"^\| ([a-z][a-z ]*) \|", read_page(DOCS / "glossary.md").text, re.MULTILINE)
    assert len(words) > 20
    assert words == sorted(words)


def _targets(page: Page) -> set[Path]:
    """The pages of the documentation that `page` links to."""
    paths = {
        (page.path.parent / urlsplit(link).path).resolve() for link in page.links if not urlsplit(link).scheme
    }
    return {path for path in paths if path.is_relative_to(DOCS) and path.suffix == ".md"}
