"""Addresses that act where they stand as bare text in HTML, and so in a feed."""

from __future__ import annotations

import pytest

from poolhouse.workers.mail_bare_links import without_bare_acting
from poolhouse.workers.mail_html import clean_message_html
from poolhouse.workers.mail_links import words_before

ADDRESS = "https://x.example/unsubscribe/1"
REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("markup", "feed"),
    [
        (f"{ADDRESS}", "[…]"),
        (f"<p>To leave: {ADDRESS}.</p>", "<p>To leave: […].</p>"),
        (f"<p>a ({ADDRESS}) &amp;lt; b&nbsp;&lt;c</p>", "<p>a ([…]) &amp;lt; b&nbsp;&lt;c</p>"),
        (f"{ADDRESS}?a=1&amp;b=2 then {ADDRESS}", "[…] then […]"),
        (
            "<p>Please confirm your address:<br>https://x.example/c?t=a</p>",
            "<p>Please confirm your address:<br>[…]</p>",
        ),
        (
            "<h1>Confirm your address:</h1>\n<p>https://x.example/1</p>",
            "<h1>Confirm your address:</h1>\n<p>[…]</p>",
        ),
        ("<div>Unsubscribe</div><div>https://x.example/1</div>", "<div>Unsubscribe</div><div>[…]</div>"),
        # an address that tags divide
        ("https://x.example/<b>unsubscribe</b>/1 or", "[…]<b></b> or"),
        ("https://x.exa<wbr>mple/unsub<wbr>scribe/1 or", "[…]<wbr><wbr> or"),
        (
            "<p>https://x.example/<span style='color:red' lang=en>unsub</span>scribe</p>",
            '<p>[…]<span lang="en"></span></p>',
        ),
        (f"https://x.example/<a href='{ADDRESS}'>unsubscribe/1</a>", "[…]<span></span>"),
        (f"<img src='https://x.example/i' alt='{ADDRESS}'>", "<span>[[…]]</span>"),
        # a link whose words are an address that acts
        (
            "<a href='https://count.example/1'>https://x.example/confirm?t=a</a>",
            "<span>[…]</span>",
        ),
    ],
)
def test_an_address_that_acts_is_left_out_of_the_text(markup: str, feed: str) -> None:
    assert clean_message_html(markup, {}).feed_html == feed


@pytest.mark.parametrize(
    "markup",
    [
        "<p>https://x.example/1?a=1&amp;b=2 &lt;https://x.example/2&gt;</p>",
        "<p>Unsubscribe below.</p><p>https://x.example/1</p>",
        f'<p><a href="https://x.example/1" {REL}>Unsubtle</a> https://x.example/2</p>',
        f'https://x.example/<a href="https://x.example/1" {REL}>1</a>',
        "https://x.example/un<br>subscribe",
    ],
)
def test_other_addresses_stay_as_they_stand(markup: str) -> None:
    assert clean_message_html(markup, {}).feed_html == markup
    assert without_bare_acting(markup) == markup


def test_many_addresses_are_looked_through_once() -> None:
    feed = without_bare_acting(f"<p>{ADDRESS} <b>x</b></p>" * 20_000)
    assert feed == "<p>[…] <b>x</b></p>" * 20_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n\nto leave ", "to leave "),
        ("to leave\n", "to leave\n"),
        ("To leave:\n\n", "To leave:"),
        ("a\n\nTo leave:\n\n \n", "To leave:"),
        ("To leave:\n\nor ", "or "),
        ("To leave.\n\n", ""),
        ("", ""),
        ("x" * 100, "x" * 80),
    ],
)
def test_words_before_an_address_are_of_its_paragraph_or_lead_to_it(text: str, words: str) -> None:
    assert words_before(f"{text}https://x.example/", len(text)) == words
