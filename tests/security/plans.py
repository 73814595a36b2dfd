"""Plans of worlds: the pools and items that each person is to have; drawn at random, or rich."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """`parent` is the place of an earlier pool of the plan, or None for the top."""

    parent: int | None
    is_search: bool
    is_trashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPlan:
    """`pools` are places in the person's manual pools: 0 is Bookmarks, 1 Inbox, then those of the plan."""

    pools: frozenset[int]
    tags: frozenset[int]
    is_common: bool
    is_trashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlan:
    """What one person has."""

    pools: tuple[PoolPlan, ...]
    items: tuple[ItemPlan, ...]
    is_disabled: bool = False


WorldPlan = tuple[PersonPlan, ...]


@st.composite
def pool_plans(draw: st.DrawFn, most: int = 4) -> tuple[PoolPlan, ...]:
    count = draw(st.integers(0, most))
    return tuple(
        PoolPlan(
            parent=draw(st.none() | st.integers(0, place - 1)) if place else None,
            is_search=draw(st.booleans()),
            is_trashed=draw(st.integers(0, 3)) == 0,
        )
        for place in range(count)
    )


item_plans = st.builds(
    ItemPlan,
    pools=st.frozensets(st.integers(0, 5), min_size=1, max_size=3),
    tags=st.frozensets(st.integers(0, 2), max_size=2),
    is_common=st.booleans(),
    is_trashed=st.integers(0, 3).map(lambda drawn: drawn == 0),
)
person_plans = st.builds(
    PersonPlan,
    pools=pool_plans(),
    items=st.lists(item_plans, max_size=5).map(tuple),
    is_disabled=st.integers(0, 5).map(lambda drawn: drawn == 0),
)
world_plans = st.lists(person_plans, min_size=2, max_size=3).map(tuple)

RICH: WorldPlan = tuple(
    PersonPlan(
        pools=(
            PoolPlan(parent=None, is_search=False, is_trashed=False),
            PoolPlan(parent=0, is_search=False, is_trashed=False),
            PoolPlan(parent=None, is_search=True, is_trashed=False),
            PoolPlan(parent=None, is_search=False, is_trashed=True),
        ),
        items=(
            ItemPlan(pools=frozenset({0, 2, 3}), tags=frozenset({0, 1}), is_common=True, is_trashed=False),
            ItemPlan(pools=frozenset({3}), tags=frozenset({0}), is_common=False, is_trashed=False),
            ItemPlan(pools=frozenset({1}), tags=frozenset(), is_common=True, is_trashed=True),
        ),
    )
    for _ in range(2)
)
"""A world in which everything is there once."""
