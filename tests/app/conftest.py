"""What the tests of the server's parts share: workers of which none can start."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.space.pool import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from poolhouse.space import MemorySpace


@pytest.fixture
def no_worker_can_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], AbstractContextManager[None]]:
    """Within it a workshop's workers fail as they start, and are started anew without delay."""
    (tmp_path / "not_there.py").write_text("import sys\nassert 'pytest' in sys.modules\n", "utf-8")

    def unfit_pool(space: MemorySpace, modules: tuple[str, ...], **settings: Any) -> WorkerPool:
        return WorkerPool(space, (*modules, "not_there"), paths=[tmp_path], **settings)

    @contextmanager
    def patched() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.syspath_prepend(tmp_path)
            patch.setattr("poolhouse.app.workshop.WorkerPool", unfit_pool)
            patch.setattr("poolhouse.space.pool._LONGEST_DELAY_SECONDS", 0.01)
            yield

    return patched
