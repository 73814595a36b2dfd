"""What answers look like, as JSON Schema (2020-12); the tests hold every answer to them."""

from __future__ import annotations

from poolhouse.servers.api.mail_shapes import MAIL_SHAPES
from poolhouse.servers.api.schemas import (
    Schema,
    array_of,
    choice,
    feeds,
    integer,
    object_of,
    or_null,
    page_of,
    ref,
    string,
    time,
    url,
)
from poolhouse.types import (
    CaptureMode,
    ItemKind,
    JobState,
    Mark,
    PageState,
    PoolKind,
    PoolRole,
    SecretKind,
)

_TRASHED = or_null(time("When it was deleted; null where it is not in the trash."))
_LINK = object_of(
    "A saved page.",
    id=integer("Names it for ever.", 1),
    kind=choice(ItemKind, "What it is."),
    url=or_null(url("The address as it was saved; null if it is one that may not be opened.")),
    title=string("Never empty: where nobody gave one it is the address."),
    note=string("What the person wrote; plain text."),
    author=string(),
    description=string("What the page says of itself; plain text."),
    tags=array_of(string()),
    marks={**array_of(choice(Mark, "")), "description": "What the person did with it."},
    pools={
        **array_of(object_of(id=integer("The pool's id.", 1), path=string())),
        "description": "The pools it is in, by path, saved searches too.",
    },
    created_at=time("When it was saved first."),
    saved_at=time("When it was saved last."),
    changed_at=time("When something about it changed last."),
    trashed_at=_TRASHED,
    page_state=choice(
        PageState, "How far the server is with reading the page's title, description and icon."
    ),
    page_error=or_null(string(), "Why the page could not be read."),
    capture_id=or_null(
        integer("", 1),
        "The captured page that the link shows: the newest with a readable text; null where none is kept.",
    ),
    capture_count=integer("How many versions of the page are kept."),
    word_count=integer("Words of the captured text; 0 where there is none."),
    reading_minutes=integer("How long that takes to read, in whole minutes."),
    language=string("Of the captured text, as BCP 47 names it; empty where it is not known."),
    thumbnail_url=or_null(url(), "A small picture of the page, for whoever sends a token."),
    checked_at=or_null(time("When the server last looked whether the link leads anywhere.")),
    dead_since=or_null(time("Since when it does not lead anywhere any more; null while it does.")),
    dead_reason=or_null(string(), "How that showed."),
    found_in=or_null(integer("The id of the message it was saved from; null for none.", 1)),
    attachment_count=integer("How many attachments a message has."),
    deferred_until=or_null(time("When it comes back from Later; null where it is not there.")),
)
_CAPTURE_PROPERTIES: dict[str, Schema] = {
    "id": integer("Names it for ever.", 1),
    "captured_at": time("When the page was read."),
    "url": or_null(url("Where it was, after redirects; null if that may not be opened.")),
    "is_of_address": {
        "type": "boolean",
        "description": "False for one that was read at a former address of the link.",
    },
    "mode": choice(CaptureMode, "How much was to be kept."),
    "title": string(),
    "author": string(),
    "published_at": or_null(time("When the page says it was published.")),
    "language": string("As BCP 47 names it; empty where it is not known."),
    "excerpt": string("How the text begins, or a better summary; plain text."),
    "word_count": integer("Words of the readable text; 0 where there is none."),
    "reading_minutes": integer("How long that takes to read, in whole minutes."),
    "size_bytes": integer("What it takes on the disk."),
    "html_url": or_null(url(), "The readable text as clean HTML."),
    "page_url": or_null(url(), "The whole page in one file."),
    "thumbnail_url": or_null(url(), "A small picture of the page."),
}
_JOB = object_of(
    "Something that the server does for the person when its turn comes.",
    id=integer("Names it for ever.", 1),
    kind=string("The sort of work: `read-page`, `check-link`, `import-file`, `import-mail` or `read-mail`."),
    state=choice(
        JobState,
        "Where it stands. One that `failed` is not tried again by itself; one that is `done` is kept for some days if"
        " it has something to report, and not at all otherwise.",
    ),
    label=string("What it is done to: a title, an address or a file's name."),
    attempts=integer("How often it was begun."),
    reason=or_null(string(), "Why the last attempt failed; null where none did."),
    done=or_null(integer("How far it is, of `total`; null where it does not tell.")),
    total=or_null(integer("How much there is to do; null where it does not tell.")),
    report=or_null(ref("ImportReport"), "What came of an import that is done; null of everything else."),
    created_at=time("When it was asked for."),
    changed_at=time("When it last moved."),
)
_POOL = object_of(
    "A pool of links, and a private feed.",
    id=integer("Names it for ever.", 1),
    name=string(),
    path=string("The names from the top down, joined by “/”."),
    parent_id=or_null(integer("The pool it is in; null at the top.", 1)),
    kind=choice(PoolKind, "`manual` is filled by hand, `computed` is a saved search."),
    role=or_null(choice(PoolRole, "Set on the two pools that are always there.")),
    query=or_null(string(), "What a saved search finds."),
    capture=choice(CaptureMode, "How much is kept of the pages of links saved into it."),
    skips_inbox={
        "type": "boolean",
        "description": "Whether messages that it finds when they come skip the Inbox.",
    },
    feed_text={"type": "boolean", "description": "Whether the entries of its feed carry the captured text."},
    entry_count=integer("How many links are in it."),
    version=integer("Grows with every change that a reader of the pool could see."),
    created_at=time("When it was made."),
    changed_at=time("When a reader could see something change last."),
    trashed_at=_TRASHED,
    url=url("Its page."),
    feeds=feeds("Its feeds, for readers that send name and secret."),
)
_LAST_USE = object_of(
    at=time("When it was shown to the server last."),
    user_agent=string("By what program."),
    status=integer("How the server answered.", 100),
)
_SECRET_PROPERTIES: dict[str, Schema] = {
    "id": integer("Names it for ever.", 1),
    "kind": choice(SecretKind, "`feed` opens one pool as a feed, `token` opens the API."),
    "label": string("The reader or script it was made for."),
    "pool_id": or_null(integer("The pool it opens; null for a token.", 1)),
    "created_at": time("When it was made."),
    "last_use": or_null(_LAST_USE, "Null before the first time; written down about once a minute."),
    "cut_off_at": or_null(time("When it was cut off; null while it works.")),
}
_ADDRESSES = object_of(
    "A pool's addresses with the secret in them.",
    path=feeds("In the path, for any reader."),
    basic=feeds("Before the host, for readers that know HTTP Basic."),
)
_PROBLEM = {
    **object_of(
        "Why not (RFC 9457).",
        type=url("Names the kind of problem, and describes it."),
        title=string("The kind of problem in words."),
        status=integer("The status of the answer.", 400),
        detail=string("What is wrong with this request."),
    ),
}
_PROBLEM["properties"]["field"] = string("The field or parameter that is wrong, where it is one.")

SHAPES: dict[str, Schema] = {
    "Link": _LINK,
    "LinkPage": page_of("Link"),
    "Capture": object_of("One reading of a link's page, without its text.", **_CAPTURE_PROPERTIES),
    "CapturePage": page_of("Capture"),
    "CapturedText": object_of(
        "One reading of a link's page.",
        **_CAPTURE_PROPERTIES,
        text=string("The readable text, at most 200,000 characters of it; plain text."),
    ),
    "Pool": _POOL,
    "PoolPage": page_of("Pool"),
    "Entry": object_of(
        "A link's place in a pool.",
        number=integer("Names it in this pool for ever.", 1),
        position=integer("Its place: larger is nearer the top.", 1),
        link=ref("Link"),
    ),
    "EntryPage": page_of("Entry"),
    "Tag": object_of(name=string(), count=integer("How many links bear it.", 1)),
    "TagPage": page_of("Tag"),
    "Secret": object_of("A secret of a reader or script, without the secret.", **_SECRET_PROPERTIES),
    "SecretPage": page_of("Secret"),
    "MadeSecret": object_of(
        "A new secret; this is the only time that it is shown.",
        **_SECRET_PROPERTIES,
        secret=string("The secret or token itself."),
        addresses=or_null(_ADDRESSES, "Null for a token."),
    ),
    "Job": _JOB,
    "JobPage": page_of(
        "Job",
        counts=object_of(
            "How many jobs there are in each state, whatever was asked for.",
            **{state.value: integer("") for state in JobState},
        ),
    ),
    "Queued": object_of(queued=integer("How many links will be looked at.")),
    "TrashPage": page_of("Link", pools=array_of(ref("Pool"))),
    "Emptied": object_of(deleted=integer("How many links are gone for good.")),
    "ImportReport": object_of(
        added=integer("Links that were not kept before."),
        merged=integer("Links that were there already."),
        refused_count=integer("Bookmarks that were not kept."),
        refused={
            **array_of(object_of(place=string("Its folders."), url=string(), reason=string())),
            "description": "The first of those, and why.",
        },
        problems={**array_of(string()), "description": "What of the file could not be read, in sentences."},
    ),
    "Person": object_of(
        id=integer("Names the person for ever.", 1),
        name=string("Also the user name of feeds."),
        created_at=time("When the account was made."),
        secret_id=integer("The id of the token that asks.", 1),
    ),
    "Problem": _PROBLEM,
    **MAIL_SHAPES,
}
