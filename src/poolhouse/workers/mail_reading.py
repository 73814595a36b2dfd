"""The reading of one message: bytes in, what it says out, within bounds, whatever the bytes are.

The bounds are those of the modules of `formats` that this puts together; what passes them is left out, and the reading
says so in its remark (docs/decisions/0011).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from poolhouse.formats.mail_addresses import mailboxes
from poolhouse.formats.mail_dates import mail_date
from poolhouse.formats.mail_headers import (
    ID_LIMIT,
    Allowance,
    header_text,
    list_identity,
    message_ids,
    unsubscribe_of,
)
from poolhouse.formats.mail_warnings import sender_warnings
from poolhouse.formats.mime_bodies import decoded_size
from poolhouse.formats.mime_choice import choose, content_id_of, encoding_of, name_of
from poolhouse.formats.mime_text import preview_of
from poolhouse.formats.mime_tree import leaves, split_message
from poolhouse.formats.text import clean
from poolhouse.types.message import MessageFacts, MessageReading, Part
from poolhouse.workers.mail_texts import SUBJECT_LENGTH, read_texts

if TYPE_CHECKING:
    from poolhouse.formats.mail_headers import Block
    from poolhouse.formats.mime_choice import Choice
    from poolhouse.formats.mime_tree import Node, Tree
    from poolhouse.workers.mail_texts import Texts

AUTHENTICATION_LENGTH: Final = 2_000
WARNING_LIMIT: Final = 20
_CHARSET_LENGTH: Final = 40

ENCRYPTED: Final = "It is encrypted, and Poolhouse has no key to it."
CUT_PARTS: Final = "It has more parts than are looked at: the rest is left out."


def read_message(raw: bytes) -> MessageReading:
    """Read a message. Never raises for what it holds; 0.13 ms for most, and its HTML what `mail_html` says."""
    allowance = Allowance()
    tree = split_message(raw, allowance)
    choice = choose(tree.root)
    nodes = leaves(tree.root)
    # of several with one id the first
    paths = {content_id: node.path for node in reversed(nodes) if (content_id := content_id_of(node))}
    texts = read_texts(raw, choice, paths, allowance)
    bodies = texts.bodies()
    parts = tuple(_part(raw, node, choice, texts) for node in nodes)
    return MessageReading(facts=_facts(tree, choice, parts, texts, bodies.text), bodies=bodies)


def _facts(tree: Tree, choice: Choice, parts: tuple[Part, ...], texts: Texts, text: str) -> MessageFacts:
    block = tree.root.block
    charset = next((part.charset for part in parts if part.charset), "")
    senders = mailboxes(block.all(b"from"), charset) or mailboxes(block.all(b"sender"), charset)
    reply_to = mailboxes(block.all(b"reply-to"), charset)
    ids = message_ids(block.first(b"message-id"))
    list_id, list_name = list_identity(block.first(b"list-id"))
    warnings = [*sender_warnings(senders, reply_to, list_id), *texts.warnings]
    remarks = [ENCRYPTED] if choice.is_encrypted else []
    remarks += [CUT_PARTS] if tree.is_cut else []
    remarks += texts.remarks
    return MessageFacts(
        subject=header_text(block.first(b"subject"), charset)[:SUBJECT_LENGTH],
        senders=senders,
        reply_to=reply_to,
        to=mailboxes(block.all(b"to"), charset),
        cc=mailboxes(block.all(b"cc"), charset),
        sent_at=mail_date(header_text(block.first(b"date"))),
        message_id=ids[-1] if ids else "",
        references=_references(block),
        list_id=list_id,
        list_name=list_name,
        unsubscribe=unsubscribe_of(
            b", ".join(block.all(b"list-unsubscribe")), block.first(b"list-unsubscribe-post")
        ),
        parts=parts,
        preview=preview_of(text),
        links=tuple(texts.links),
        warnings=tuple(dict.fromkeys(warnings))[:WARNING_LIMIT],
        remark=" ".join(dict.fromkeys(remarks)),
        authentication=tuple(
            header_text(each)[:AUTHENTICATION_LENGTH] for each in block.all(b"authentication-results")
        ),
        has_html=texts.has_html,
        remote_image_count=texts.remote_images,
    )


def _part(raw: bytes, node: Node, choice: Choice, texts: Texts) -> Part:
    encoding = encoding_of(node)
    content_id = content_id_of(node)
    is_in_text = choice.is_text(node) or (content_id != "" and content_id in texts.cids)
    return Part(
        path=node.path,
        media_type=node.media_type,
        start=node.start,
        end=node.end,
        size_bytes=decoded_size(raw, node.start, node.end, encoding),
        encoding=encoding,
        charset=clean(node.parameters.get("charset", "")).lower()[:_CHARSET_LENGTH],
        name=name_of(node),
        content_id=content_id,
        is_attachment=not is_in_text,
    )


def _references(block: Block) -> tuple[str, ...]:
    """The messages that this one answers, parents first, those of In-Reply-To last."""
    before = message_ids(b" ".join(block.all(b"references")[:1]))
    answered = [each for each in message_ids(block.first(b"in-reply-to")) if each not in before]
    return (*before, *answered)[-ID_LIMIT:]
