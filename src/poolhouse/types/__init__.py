"""Frozen data that every room shares; imports nothing but `errors`."""

from poolhouse.types.capture import Capture, Captured, CaptureId, CaptureMode, reading_minutes
from poolhouse.types.change import Change, ChangeKind, Seq
from poolhouse.types.check import CheckOutcome, CheckResult, LinkHealth
from poolhouse.types.feed import FeedDocument, FeedEntry, FeedFormat
from poolhouse.types.item import Entry, Item, ItemId, ItemKind, Mark, Membership, PageState
from poolhouse.types.job import Job, JobId, JobState
from poolhouse.types.jobs import CheckLink, ImportFile, ReadPage
from poolhouse.types.person import Person, PersonId, Session, SessionId
from poolhouse.types.pool import Pool, PoolId, PoolKind, PoolRole
from poolhouse.types.query import Condition, ConditionTerm, Query, TextTerm
from poolhouse.types.secret import Principal, ReaderUse, Scope, Secret, SecretId, SecretKind

__all__ = [
    "Capture",
    "CaptureId",
    "CaptureMode",
    "Captured",
    "Change",
    "ChangeKind",
    "CheckLink",
    "CheckOutcome",
    "CheckResult",
    "Condition",
    "ConditionTerm",
    "Entry",
    "FeedDocument",
    "FeedEntry",
    "FeedFormat",
    "ImportFile",
    "Item",
    "ItemId",
    "ItemKind",
    "Job",
    "JobId",
    "JobState",
    "LinkHealth",
    "Mark",
    "Membership",
    "PageState",
    "Person",
    "PersonId",
    "Pool",
    "PoolId",
    "PoolKind",
    "PoolRole",
    "Principal",
    "Query",
    "ReadPage",
    "ReaderUse",
    "Scope",
    "Secret",
    "SecretId",
    "SecretKind",
    "Seq",
    "Session",
    "SessionId",
    "TextTerm",
    "reading_minutes",
]
