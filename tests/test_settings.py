"""Settings: who wins, and what is refused with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolhouse.errors import InvalidInputError
from poolhouse.settings import FILE_NAME, SETTINGS, load_settings


def test_a_flag_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        'http = "127.0.0.1:1"\nfetch_pages = false\ntrusted_proxies = ["::1", "10.0.0.1"]\n'
    )
    assert load_settings(tmp_path, {}, {}).http_port == 1
    assert load_settings(tmp_path, {}, {"POOLHOUSE_HTTP": "127.0.0.1:2"}).http_port == 2
    loaded = load_settings(tmp_path, {"http": "[::1]:3"}, {"POOLHOUSE_HTTP": "127.0.0.1:2"})
    assert (loaded.http_host, loaded.http_port) == ("::1", 3)
    assert loaded.trusted_proxies == ("::1", "10.0.0.1")
    assert not loaded.fetch_pages


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http", "8080"),
        ("http", "host:"),
        ("http", "host:70000"),
        ("base_url", "pools.example.org"),
        ("base_url", "https://a:b@pools.example.org"),
        ("base_url", "https://pools.example.org/path"),
        ("tls_cert", "only-one.pem"),
        ("fetch_pages", "perhaps"),
        ("fetch_networks", "192.168.1.1/16"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        load_settings(tmp_path, {name: value}, {})
    assert refused.value.field == name


def test_domains_are_compared_without_case(tmp_path: Path) -> None:
    said = "Pools.Example, other.example."
    assert load_settings(tmp_path, {"mail_domains": said}, {}).mail_domains == (
        "pools.example",
        "other.example",
    )


def test_mail_is_taken_at_ports_and_sockets(tmp_path: Path) -> None:
    said = "127.0.0.1:2424,[::1]:0, unix:/run/poolhouse/lmtp"
    assert load_settings(tmp_path, {"lmtp": said}, {}).lmtp == (
        ("127.0.0.1", 2424),
        ("::1", 0),
        Path("/run/poolhouse/lmtp"),
    )


@pytest.mark.parametrize("place", ["2424", ":2424", "127.0.0.1:", "127.0.0.1:lmtp", "127.0.0.1:65536"])
def test_what_is_no_place_for_mail_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(InvalidInputError, match="unix:PATH") as refused:
        load_settings(tmp_path, {"lmtp": f"unix:/run/x,{place}"}, {})
    assert refused.value.field == "lmtp"


@pytest.mark.parametrize("text", ["nonsense = 1\n", "= broken", "\ufeff\x00"])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(InvalidInputError, match=FILE_NAME):
        load_settings(tmp_path, {}, {})


def test_every_setting_has_a_sentence_and_its_names() -> None:
    for setting in SETTINGS:
        assert setting.sentence.endswith((".", "none."))
        assert setting.flag == "--" + setting.name.replace("_", "-")
