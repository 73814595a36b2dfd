"""One made result for all that draw: it takes longer to make than to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.survey.made import MODELS, Maker

if TYPE_CHECKING:
    from poolhouse.survey.records import Result


@pytest.fixture(scope="session")
def made() -> Result:
    """Six rounds of everything."""
    return Maker(6).result()


@pytest.fixture(scope="session")
def few() -> Result:
    """Two rounds of a few mechanisms."""
    return Maker(2, models=MODELS[:4]).result()
