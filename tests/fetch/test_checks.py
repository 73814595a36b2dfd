"""What a look at a link tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.fetch.checks import check_link
from poolhouse.types import CheckOutcome, CheckResult

if TYPE_CHECKING:
    from tests.fetch.conftest import Lab


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("200 OK", CheckResult.ALIVE),
        ("404 Not Found", CheckResult.GONE),
        ("410 Gone", CheckResult.GONE),
        ("401 Unauthorized", CheckResult.UNSURE),
        ("403 Forbidden", CheckResult.UNSURE),
        ("429 Too Many Requests", CheckResult.UNSURE),
        ("500 Internal Server Error", CheckResult.UNSURE),
        ("503 Service Unavailable", CheckResult.UNSURE),
    ],
)
async def test_a_status_tells(lab: Lab, status: str, result: CheckResult) -> None:
    site = await lab.site(lab.reply(b"x" * 100_000, status=status))
    outcome = await check_link(lab.fetcher(), f"http://site.test:{site.port}/")
    assert outcome.result is result
    if result is not CheckResult.ALIVE:
        assert outcome.reason == f"the site answered {status.replace(' ', ' (', 1)})"


async def test_where_a_redirect_leads_tells(lab: Lab) -> None:
    site = await lab.site({"/a": lab.redirect("/b", "301 Moved Permanently")})
    outcome = await check_link(lab.fetcher(), f"http://site.test:{site.port}/a")
    assert outcome.result is CheckResult.GONE


async def test_a_host_without_an_address_is_gone(lab: Lab) -> None:
    outcome = await check_link(lab.fetcher(names={}), "http://nowhere.test/")
    assert outcome == CheckOutcome(result=CheckResult.GONE, reason="no address was found for nowhere.test")


async def test_a_server_that_does_not_listen_may_come_back(lab: Lab) -> None:
    site = await lab.site(b"")
    await site.close()
    outcome = await check_link(lab.fetcher(), f"http://site.test:{site.port}/")
    assert outcome.result is CheckResult.UNSURE


async def test_a_private_address_is_not_asked(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"secret"))
    outcome = await check_link(lab.fetcher(allowed=()), f"http://site.test:{site.port}/")
    assert outcome.result is CheckResult.UNSURE
    assert site.connections == 0
