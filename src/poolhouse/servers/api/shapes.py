"""What answers look like, as JSON Schema (2020-12); the tests hold every answer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.types import (
    CaptureMode,
    FeedFormat,
    ItemKind,
    JobState,
    Mark,
    PageState,
    PoolKind,
    PoolRole,
    SecretKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to one of the shapes."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(about: str = "", /, **properties: Schema) -> Schema:
    """An object that has all of these properties."""
    described = {"description": about} if about else {}
    return {**described, "type": "object", "properties": properties, "required": list(properties)}


def array_of(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def page_of(name: str, **more: Schema) -> Schema:
    """A page of a list."""
    following = _or_null(
        {"type": "string", "format": "uri"}, "The address of the next page; null on the last."
    )
    return object_of(items=array_of(ref(name)), **more, next=following)


def _string(description: str = "") -> Schema:
    return {"type": "string", **({"description": description} if description else {})}


def _url(description: str = "") -> Schema:
    return {**_string(description), "format": "uri"}


def _time(description: str) -> Schema:
    return {"type": "string", "format": "date-time", "description": description}


def _integer(description: str, minimum: int = 0) -> Schema:
    return {"type": "integer", "minimum": minimum, "description": description}


def _choice(choices: type[StrEnum], description: str) -> Schema:
    return {"type": "string", "enum": [each.value for each in choices], "description": description}


def _or_null(schema: Schema, description: str = "") -> Schema:
    inner = {key: value for key, value in schema.items() if key != "description"}
    text = description or schema.get("description", "")
    return {"anyOf": [inner, {"type": "null"}], **({"description": text} if text else {})}


def _feeds(description: str, formats: Iterable[FeedFormat] = FeedFormat) -> Schema:
    return object_of(description, **{each.value: _url() for each in formats})


_TRASHED = _or_null(_time("When it was deleted; null where it is not in the trash."))
_LINK = object_of(
    "A saved page.",
    id=_integer("Names it for ever.", 1),
    kind=_choice(ItemKind, "What it is."),
    url=_or_null(_url("The address as it was saved; null if it is one that may not be opened.")),
    title=_string("Never empty: where nobody gave one it is the address."),
    note=_string("What the person wrote; plain text."),
    author=_string(),
    description=_string("What the page says of itself; plain text."),
    tags=array_of(_string()),
    marks={**array_of(_choice(Mark, "")), "description": "What the person did with it."},
    pools={
        **array_of(object_of(id=_integer("The pool's id.", 1), path=_string())),
        "description": "The pools it is in, by path, saved searches too.",
    },
    created_at=_time("When it was saved first."),
    saved_at=_time("When it was saved last."),
    changed_at=_time("When something about it changed last."),
    trashed_at=_TRASHED,
    page_state=_choice(
        PageState, "How far the server is with reading the page's title, description and icon."
    ),
    page_error=_or_null(_string(), "Why the page could not be read."),
    capture_id=_or_null(
        _integer("", 1),
        "The captured page that the link shows: the newest with a readable text; null where none is kept.",
    ),
    capture_count=_integer("How many versions of the page are kept."),
    word_count=_integer("Words of the captured text; 0 where there is none."),
    reading_minutes=_integer("How long that takes to read, in whole minutes."),
    language=_string("Of the captured text, as BCP 47 names it; empty where it is not known."),
    thumbnail_url=_or_null(_url(), "A small picture of the page, for whoever sends a token."),
    checked_at=_or_null(_time("When the server last looked whether the link leads anywhere.")),
    dead_since=_or_null(_time("Since when it does not lead anywhere any more; null while it does.")),
    dead_reason=_or_null(_string(), "How that showed."),
)
_CAPTURE_PROPERTIES: dict[str, Schema] = {
    "id": _integer("Names it for ever.", 1),
    "captured_at": _time("When the page was read."),
    "url": _or_null(_url("Where it was, after redirects; null if that may not be opened.")),
    "is_of_address": {
        "type": "boolean",
        "description": "False for one that was read at a former address of the link.",
    },
    "mode": _choice(CaptureMode, "How much was to be kept."),
    "title": _string(),
    "author": _string(),
    "published_at": _or_null(_time("When the page says it was published.")),
    "language": _string("As BCP 47 names it; empty where it is not known."),
    "excerpt": _string("How the text begins, or a better summary; plain text."),
    "word_count": _integer("Words of the readable text; 0 where there is none."),
    "reading_minutes": _integer("How long that takes to read, in whole minutes."),
    "size_bytes": _integer("What it takes on the disk."),
    "html_url": _or_null(_url(), "The readable text as clean HTML."),
    "page_url": _or_null(_url(), "The whole page in one file."),
    "thumbnail_url": _or_null(_url(), "A small picture of the page."),
}
_JOB = object_of(
    "Something that the server does for the person when its turn comes.",
    id=_integer("Names it for ever.", 1),
    kind=_string("The sort of work: `read-page`, `check-link` or `import-file`."),
    state=_choice(
        JobState,
        "Where it stands. One that `failed` is not tried again by itself; one that is `done` is kept for some days if"
        " it has something to report, and not at all otherwise.",
    ),
    label=_string("What it is done to: a title, an address or a file's name."),
    attempts=_integer("How often it was begun."),
    reason=_or_null(_string(), "Why the last attempt failed; null where none did."),
    done=_or_null(_integer("How far it is, of `total`; null where it does not tell.")),
    total=_or_null(_integer("How much there is to do; null where it does not tell.")),
    report=_or_null(ref("ImportReport"), "What came of an import that is done; null of everything else."),
    created_at=_time("When it was asked for."),
    changed_at=_time("When it last moved."),
)
_POOL = object_of(
    "A pool of links, and a private feed.",
    id=_integer("Names it for ever.", 1),
    name=_string(),
    path=_string("The names from the top down, joined by “/”."),
    parent_id=_or_null(_integer("The pool it is in; null at the top.", 1)),
    kind=_choice(PoolKind, "`manual` is filled by hand, `computed` is a saved search."),
    role=_or_null(_choice(PoolRole, "Set on the two pools that are always there.")),
    query=_or_null(_string(), "What a saved search finds."),
    capture=_choice(CaptureMode, "How much is kept of the pages of links saved into it."),
    feed_text={"type": "boolean", "description": "Whether the entries of its feed carry the captured text."},
    entry_count=_integer("How many links are in it."),
    version=_integer("Grows with every change that a reader of the pool could see."),
    created_at=_time("When it was made."),
    changed_at=_time("When a reader could see something change last."),
    trashed_at=_TRASHED,
    url=_url("Its page."),
    feeds=_feeds("Its feeds, for readers that send name and secret."),
)
_LAST_USE = object_of(
    at=_time("When it was shown to the server last."),
    user_agent=_string("By what program."),
    status=_integer("How the server answered.", 100),
)
_SECRET_PROPERTIES: dict[str, Schema] = {
    "id": _integer("Names it for ever.", 1),
    "kind": _choice(SecretKind, "`feed` opens one pool as a feed, `token` opens the API."),
    "label": _string("The reader or script it was made for."),
    "pool_id": _or_null(_integer("The pool it opens; null for a token.", 1)),
    "created_at": _time("When it was made."),
    "last_use": _or_null(_LAST_USE, "Null before the first time; written down about once a minute."),
    "cut_off_at": _or_null(_time("When it was cut off; null while it works.")),
}
_ADDRESSES = object_of(
    "A pool's addresses with the secret in them.",
    path=_feeds("In the path, for any reader."),
    basic=_feeds("Before the host, for readers that know HTTP Basic."),
)
_PROBLEM = {
    **object_of(
        "Why not (RFC 9457).",
        type=_url("Names the kind of problem, and describes it."),
        title=_string("The kind of problem in words."),
        status=_integer("The status of the answer.", 400),
        detail=_string("What is wrong with this request."),
    ),
}
_PROBLEM["properties"]["field"] = _string("The field or parameter that is wrong, where it is one.")

SHAPES: dict[str, Schema] = {
    "Link": _LINK,
    "LinkPage": page_of("Link"),
    "Capture": object_of("One reading of a link's page, without its text.", **_CAPTURE_PROPERTIES),
    "CapturePage": page_of("Capture"),
    "CapturedText": object_of(
        "One reading of a link's page.",
        **_CAPTURE_PROPERTIES,
        text=_string("The readable text, at most 200,000 characters of it; plain text."),
    ),
    "Pool": _POOL,
    "PoolPage": page_of("Pool"),
    "Entry": object_of(
        "A link's place in a pool.",
        number=_integer("Names it in this pool for ever.", 1),
        position=_integer("Its place: larger is nearer the top.", 1),
        link=ref("Link"),
    ),
    "EntryPage": page_of("Entry"),
    "Tag": object_of(name=_string(), count=_integer("How many links bear it.", 1)),
    "TagPage": page_of("Tag"),
    "Secret": object_of("A secret of a reader or script, without the secret.", **_SECRET_PROPERTIES),
    "SecretPage": page_of("Secret"),
    "MadeSecret": object_of(
        "A new secret; this is the only time that it is shown.",
        **_SECRET_PROPERTIES,
        secret=_string("The secret or token itself."),
        addresses=_or_null(_ADDRESSES, "Null for a token."),
    ),
    "Job": _JOB,
    "JobPage": page_of(
        "Job",
        counts=object_of(
            "How many jobs there are in each state, whatever was asked for.",
            **{state.value: _integer("") for state in JobState},
        ),
    ),
    "Queued": object_of(queued=_integer("How many links will be looked at.")),
    "TrashPage": page_of("Link", pools=array_of(ref("Pool"))),
    "Emptied": object_of(deleted=_integer("How many links are gone for good.")),
    "ImportReport": object_of(
        added=_integer("Links that were not kept before."),
        merged=_integer("Links that were there already."),
        refused_count=_integer("Bookmarks that were not kept."),
        refused={
            **array_of(object_of(place=_string("Its folders."), url=_string(), reason=_string())),
            "description": "The first of those, and why.",
        },
        problems={**array_of(_string()), "description": "What of the file could not be read, in sentences."},
    ),
    "Person": object_of(
        id=_integer("Names the person for ever.", 1),
        name=_string("Also the user name of feeds."),
        created_at=_time("When the account was made."),
        secret_id=_integer("The id of the token that asks.", 1),
    ),
    "Problem": _PROBLEM,
}
