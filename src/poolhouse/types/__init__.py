"""Frozen data that every room shares; imports nothing but `errors`."""

from poolhouse.types.change import Change, ChangeKind, Seq
from poolhouse.types.feed import FeedDocument, FeedEntry, FeedFormat
from poolhouse.types.item import Entry, Item, ItemId, ItemKind, Mark, Membership, PageState
from poolhouse.types.job import Job, JobId, JobState
from poolhouse.types.person import Person, PersonId, Session, SessionId
from poolhouse.types.pool import Pool, PoolId, PoolKind, PoolRole
from poolhouse.types.query import Condition, ConditionTerm, Query, TextTerm
from poolhouse.types.secret import Principal, ReaderUse, Scope, Secret, SecretId, SecretKind

__all__ = [
    "Change",
    "ChangeKind",
    "Condition",
    "ConditionTerm",
    "Entry",
    "FeedDocument",
    "FeedEntry",
    "FeedFormat",
    "Item",
    "ItemId",
    "ItemKind",
    "Job",
    "JobId",
    "JobState",
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
    "ReaderUse",
    "Scope",
    "Secret",
    "SecretId",
    "SecretKind",
    "Seq",
    "Session",
    "SessionId",
    "TextTerm",
]
