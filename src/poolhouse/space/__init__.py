"""A tuple space: work is put out, taken, and done by worker subprocesses, and nothing of it is lost or done twice.

The words are Linda's (Gelernter 1985) and JavaSpaces': `out`, `take`, `rd`, `eval`, `notify`. A library of its own
worth: it imports nothing of Poolhouse but `errors`, and only `store`, `app`, `workers` and `survey` import it.
"""

from poolhouse.space.entries import kind_of
from poolhouse.space.memory import MemorySpace
from poolhouse.space.taking import Active, DeadLetter, Space, Taking

__all__ = ["Active", "DeadLetter", "MemorySpace", "Space", "Taking", "kind_of"]
