"""What answers about mail look like, as JSON Schema (2020-12)."""

from __future__ import annotations

from typing import Any

from poolhouse.servers.api.schemas import (
    array_of,
    choice,
    integer,
    object_of,
    or_null,
    page_of,
    ref,
    string,
    time,
    url,
)
from poolhouse.types import AccountSecurity, AccountState, DeliveryPurpose, MessageSource

_MAILBOXES = array_of(object_of(name=string("Often empty."), address=string()))

MAIL_SHAPES: dict[str, dict[str, Any]] = {
    "Message": object_of(
        "What a message says.",
        item=ref("Link"),
        is_read={
            "type": "boolean",
            "description": "Whether the server has read it; until then most is empty.",
        },
        received_at=time("When it came."),
        size_bytes=integer("Of its bytes as they came."),
        source=choice(
            MessageSource, "How it came: by the mail door, out of a file, from an account elsewhere."
        ),
        envelope_sender=string("The MAIL FROM address; empty where there was none."),
        envelope_recipient=string("The address it was delivered to; empty where there was none."),
        subject=string(),
        sent_at=or_null(time("What its Date says; null where that is none.")),
        senders=_MAILBOXES,
        reply_to=_MAILBOXES,
        to=_MAILBOXES,
        cc=_MAILBOXES,
        message_id=string("Without its angle brackets."),
        references={**array_of(string()), "description": "The messages before it in its conversation."},
        list_id=string("Of the mailing list it came from; empty for none."),
        list_name=string(),
        unsubscribe_url=or_null(url(), "Where one leaves the list."),
        warnings={**array_of(string()), "description": "Sentences about what looks like deceit."},
        text=string("Its text, plain, at most 200,000 characters."),
        links={**array_of(object_of(url=url(), text=string())), "description": "The web addresses in it."},
        parts={
            **array_of(
                object_of(
                    part=string("Names the part, as IMAP counts."),
                    media_type=string(),
                    name=string("The name of the file; often empty."),
                    size_bytes=integer("Decoded."),
                    is_attachment={"type": "boolean"},
                    url=url(),
                )
            ),
            "description": "Its parts, attachments and texts alike.",
        },
        html_url=or_null(url(), "Its HTML, cleaned; null for a message of plain text."),
        raw_url=url("Its bytes as they came."),
    ),
    "MailingList": object_of(
        list_id=string("As its messages say it."),
        name=string("Often empty."),
        count=integer("Its messages.", 1),
    ),
    "MailingListPage": page_of("MailingList"),
    "DeliveryAddress": object_of(
        "A secret address that mail can be sent to.",
        id=integer("Names it for ever.", 1),
        address=string("The address itself."),
        label=string("Who writes there."),
        purpose=choice(DeliveryPurpose, "`keep` keeps what comes, `save` saves its link."),
        pool_id=or_null(integer("The pool that it goes to; null for the Inbox.", 1)),
        allowed_senders={**array_of(string()), "description": "Who may send there; empty: everybody."},
        created_at=time("When it was made."),
        use_count=integer("How many messages came."),
        used_at=or_null(time("When the last one came.")),
        disabled_at=or_null(time("Since when it takes nothing; null while it does.")),
    ),
    "DeliveryAddressPage": page_of("DeliveryAddress"),
    "MailAccount": object_of(
        "A mail account elsewhere that messages are pulled from.",
        id=integer("Names it for ever.", 1),
        label=string("What its person calls it."),
        host=string("Its IMAP server."),
        port=integer("Where that listens.", 1),
        security=choice(AccountSecurity, "How the connection is kept private."),
        user_name=string("The name there."),
        state=choice(
            AccountState,
            "`stopped` waits for its person: `reason` says why. `active` is asked again by itself.",
        ),
        is_paused={"type": "boolean"},
        reason=string("What was wrong the last time, a sentence; empty where nothing was."),
        mirrors_read={"type": "boolean"},
        mirrors_starred={"type": "boolean"},
        created_at=time("When it was added."),
        asked_at=or_null(time("When it was last asked with success; null where it never was.")),
        new_count=integer("How many messages were new then."),
    ),
    "MailAccountPage": page_of("MailAccount"),
    "MailFolder": object_of(
        "A folder of a mail account.",
        id=integer("Names it for ever.", 1),
        name=string("As its server calls it."),
        is_chosen={"type": "boolean", "description": "Whether it is pulled from."},
        pool_id=or_null(integer("The pool that its mail goes to; null for the Inbox.", 1)),
        pulled_count=integer("How many messages came from there."),
        left_count=integer("How many were left there: too large, or refused by their server."),
        reason=string("Why nothing comes from there, a sentence; empty where nothing is wrong."),
    ),
    "MailFolderPage": page_of("MailFolder"),
    "OwnAddresses": object_of(addresses=array_of(string())),
}
