"""The judge of whole copies finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.capture.judging import faults_of_markup


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        '<p onclick="x">',
        '<a href=" JavaScript:x">x</a>',
        '<img src="http://a.example/x.png">',
        '<img src="x.png">',
        '<img srcset="x.png 2x">',
        '<p style="background:url(x.png)">',
        "<style>p{background:url( 'x.png')}</style>",
        "<style>@import 'x.css';</style>",
        '<link rel="stylesheet" href="x.css">',
        '<meta http-equiv="Refresh" content="0">',
        '<iframe srcdoc="x"></iframe>',
        "<form></form>",
        '<base href="http://a.example/">',
        '<table background="x.png">',
        "<svg></svg>",
    ],
)
def test_what_runs_or_loads_is_found(markup: str) -> None:
    assert faults_of_markup(f"<!doctype html><html><head></head><body><p>text</p>{markup}</body></html>")


def test_what_does_neither_is_not() -> None:
    picture = "data:image/png;base64,AA"
    markup = (
        f'<a href="https://a.example/">x</a><img src="{picture}" alt="x">'
        f'<style>p{{background:url("{picture}")}}</style>'
        f"<p style='background:url(\"{picture}\")'>x</p>"
    )
    assert not faults_of_markup(markup)
