"""What answers look like, as JSON Schema (2020-12); the tests hold every answer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.types import FeedFormat, ItemKind, Mark, PageState, PoolKind, PoolRole, SecretKind

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
    "TrashPage": page_of("Link", pools=array_of(ref("Pool"))),
    "Emptied": object_of(deleted=_integer("How many links are gone for good.")),
    "ImportReport": object_of(
        added=_integer("Links that were not kept before."),
        merged=_integer("Links that were there already."),
        refused={
            **array_of(object_of(place=_string("Its folders."), url=_string(), reason=_string())),
            "description": "What was not kept, and why.",
        },
        problems={
            **array_of(object_of(line=_integer("Counted from 1.", 1), reason=_string())),
            "description": "What of the file could not be read.",
        },
    ),
    "Person": object_of(
        id=_integer("Names the person for ever.", 1),
        name=_string("Also the user name of feeds."),
        created_at=_time("When the account was made."),
        secret_id=_integer("The id of the token that asks.", 1),
    ),
    "Problem": _PROBLEM,
}
