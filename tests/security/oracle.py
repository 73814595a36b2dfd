"""The simple oracle: what of a home is live, and what is to be seen where, from its plan alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.security.homes import PoolThere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.types import Pool, PoolId
    from tests.security.homes import Home, ItemThere
    from tests.security.plans import PersonPlan


def foresee(
    home: Home,
    plan: PersonPlan,
    pools: Sequence[Pool],
    items: Sequence[tuple[ItemThere, set[PoolId]]],
) -> None:
    """The oracle: what is live, and what is to be seen where, from the plan alone."""
    gone: set[int] = set()
    for number, each in enumerate(plan.pools):
        if each.is_trashed or each.parent in gone:
            gone.add(number)
    planned = list(pools[2:])
    gone_ids = {planned[number].id for number in gone}
    searches = {planned[number].id for number, each in enumerate(plan.pools) if each.is_search}
    by_id = {
        pool.id: PoolThere(id=pool.id, name=pool.name, is_live=pool.id not in gone_ids) for pool in pools
    }
    for item, pool_ids in items:
        item.is_live = item.is_live and bool(pool_ids - gone_ids)
        home.items.append(item)
        if not item.is_live:
            continue
        for pool_id in pool_ids:
            by_id[pool_id].titles.add(item.title)
        if f"{home.name}tag0" in item.tags:
            for pool_id in searches:
                by_id[pool_id].titles.add(item.title)
    home.pools = list(by_id.values())
    home.feed_secrets = [(by_id[pool.id], secret, text) for pool, secret, text in home.feed_secrets]
