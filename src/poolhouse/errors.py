"""Every error Poolhouse raises, in one tree; each carries data, and every door words it for its own wire.

PoolhouseError
├─ InvalidInputError    what was given cannot be accepted (field, reason)
├─ NotFoundError        there is no such thing, or not for this caller: the two are never told apart
├─ ForbiddenError       the caller is known and may read this, but not do that to it
├─ SignInError          name and password do not open an account
├─ ThrottledError       too many attempts (retry_after_seconds)
├─ ConflictError        it clashes with what is there (field, reason)
├─ FetchError           a page could not be fetched (reason)
│  ├─ NoSuchHostError       the host has no address
│  ├─ RefusedAddressError   the address is not a public one
│  ├─ LogInRefusedError     a mail account's server knows no such name and password
│  └─ FolderRefusedError    it gives no access to a folder, or to a message in it
├─ ContentError         what was fetched is of no use (reason)
│  ├─ NoArticleError        a page without a text to read
│  └─ UnfitImageError       a picture that is not shown
├─ SpaceError           a tuple space cannot do what was asked
│  ├─ NotAnEntryError       what was given is no entry, or no entry of that class
│  ├─ SpaceClosedError      the space is closed
│  ├─ NotHeldError          the entry is not held any more: its lease ran out, or it was cancelled
│  ├─ DeadLetterError       the job failed too often (reason)
│  ├─ WorkerLostError       the worker died, or was ended for taking too much (reason)
│  ├─ StaleBlockError       the block was given on: this descriptor is of an earlier generation
│  └─ TornBlockError        whoever wrote the block died doing it
├─ NotServingError      a server that is to be measured does not serve (reason, output)
└─ StoreError           the store cannot do it now
   ├─ StoreFullError        no room is left on the disk
   ├─ StoreReadOnlyError    the data directory cannot be written
   ├─ StoreBusyError        another program holds the store, or a deadline passed
   ├─ StoreLockedError      another server runs on this data directory
   └─ StoreDamagedError     verify found faults, or the file is not ours
"""

from __future__ import annotations


class PoolhouseError(Exception):
    """The root: catch it to catch everything we raise on purpose."""


class InvalidInputError(PoolhouseError):
    """What was given cannot be accepted; `field` names it as the caller would, `reason` is a short sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFoundError(PoolhouseError):
    """There is no such thing, or it is not this caller's to know of."""

    def __init__(self, what: str = "page") -> None:
        super().__init__(f"there is no such {what}")
        self.what = what


class ForbiddenError(PoolhouseError):
    """The caller may see it but not do that to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInError(PoolhouseError):
    """Name and password do not open an account; never says which of the two was wrong."""

    def __init__(self) -> None:
        super().__init__("that name and password do not match")


class ThrottledError(PoolhouseError):
    """Too many attempts; try again after `retry_after_seconds` (a whole number, at least 1)."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"too many attempts, try again in {retry_after_seconds} seconds")
        self.retry_after_seconds = retry_after_seconds


class ConflictError(PoolhouseError):
    """It clashes with what is there already."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class FetchError(PoolhouseError):
    """A page could not be fetched; `reason` is a short sentence fit for the person to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSuchHostError(FetchError):
    """The host of the address has no address itself: it is gone, or was never there."""


class RefusedAddressError(FetchError):
    """The address is not a public one, so it is not fetched."""


class LogInRefusedError(FetchError):
    """The server of a mail account does not take this name and password; `reason` says what it says of them."""


class FolderRefusedError(FetchError):
    """The server of a mail account understood what was asked of a folder, and said no.

    `code` is the response code that it said so with, in capitals (RFC 9051 §7.1), "" for none.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class ContentError(PoolhouseError):
    """What was fetched cannot be made into what was asked for; `reason` is a sentence for the person to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoArticleError(ContentError):
    """The page has no text to read, or not for us."""


class UnfitImageError(ContentError):
    """The picture is damaged, too large, too small, or of a kind that is not shown."""


class SpaceError(PoolhouseError):
    """A tuple space cannot do what was asked of it."""


class NotAnEntryError(SpaceError):
    """What was given is no entry, or no entry of the class that was named."""


class SpaceClosedError(SpaceError):
    """The space is closed; whoever waits in it waits for nothing."""


class NotHeldError(SpaceError):
    """The entry is not held any more: its lease ran out, or the work on it was cancelled. Nothing was done."""


class DeadLetterError(SpaceError):
    """A job failed too often and was put aside; `reason` is a short sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WorkerLostError(SpaceError):
    """A worker died with its job, or was ended for taking more than its limits; `reason` is a short sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StaleBlockError(SpaceError):
    """The descriptor is of an earlier generation: the block was given on, and is not ours to use any more."""


class TornBlockError(SpaceError):
    """Whoever wrote the block died doing it: what is in it is neither the old nor the new."""


class NotServingError(PoolhouseError):
    """A server that the survey started does not serve; `reason` is a clause, `output` the end of what it said."""

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(f"{reason}: {output}" if output else reason)
        self.reason = reason
        self.output = output


class StoreError(PoolhouseError):
    """The store cannot do it now; nothing of what was asked has been kept."""


class StoreFullError(StoreError):
    """No room is left on the disk."""


class StoreReadOnlyError(StoreError):
    """The data directory cannot be written."""


class StoreBusyError(StoreError):
    """Another program holds the store, or the time allowed for the question ran out."""


class StoreLockedError(StoreError):
    """Another server runs on this data directory."""


class StoreDamagedError(StoreError):
    """The file is not a Poolhouse store, is from a newer version, or fails its checks."""
