"""What a feed carries of HTML that is shown, where links stand within links."""

from __future__ import annotations

import pytest

from poolhouse.workers.mail_allowed import feed_safe, shown_html
from poolhouse.workers.mail_feed import feed_html
from poolhouse.workers.mail_links import LinkList


def _link(path: str, content: str) -> str:
    return f'<a href="https://n.example/{path}" rel="noopener noreferrer nofollow">{content}</a>'


def _table(content: str) -> str:
    return f"<table><tbody><tr><td>{content}</td></tr></tbody></table>"


@pytest.mark.parametrize(
    ("shown", "feed"),
    [
        (_link("a", f"x{_table(_link('b', 'y'))}z"),) * 2,
        (
            _link("unsubscribe", f"x{_table(_link('b', 'y'))}z"),
            f"<span>x{_table(_link('b', 'y'))}z</span>",
        ),
        (
            _link("a", f"x{_table(_link('b', 'Unsubscribe'))}z"),
            f"<span>x{_table('<span>Unsubscribe</span>')}z</span>",
        ),
        (
            _link("a", f"x{_table(_link('b', 'Unsubscribe: https://n.example/b'))}z"),
            "<span>[…]</span>",
        ),
        (
            _link("a", f"x{_table(_link('unsub', 'y'))}z{_table(_link('b', 'y'))}"),
            _link("a", f"x{_table('<span>y</span>')}z{_table(_link('b', 'y'))}"),
        ),
    ],
)
def test_each_link_is_judged_by_all_that_is_in_it(shown: str, feed: str) -> None:
    assert shown_html(shown, has_own_pictures=False) == shown
    assert feed_html(shown, LinkList()) == feed
    assert feed_safe(feed) == feed
