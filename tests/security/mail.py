"""The mail of a home: a letter that was read, an address for mail, and an account with a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.services.accounts import add_account
from poolhouse.services.deliveries import add_delivery_address, set_own_addresses
from poolhouse.services.messages import add_message, record_reading
from poolhouse.types import (
    AccountPlace,
    AccountSecurity,
    Envelope,
    Mailbox,
    MessageBodies,
    MessageFacts,
    MessageLink,
    MessageReading,
    MessageSource,
    Part,
    PoolRole,
)
from poolhouse.workers.mail_html import clean_message_html

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from tests.security.homes import Home

LETTER_LINK = "https://letter.example/"


class _Sealer:
    """`ports.Sealer` for passwords that nobody uses."""

    def seal(self, secret: str, purpose: str) -> bytes:
        return f"{purpose}: {len(secret)}".encode()

    def unseal(self, sealed: bytes, purpose: str) -> str | None:
        raise AssertionError((sealed, purpose))


def build_mail(tx: Transaction, data: OpenData, home: Home) -> None:
    """Give a home its mail."""
    says, address = f"{home.name} writes", f"{home.name}@letter.example"
    raw = f"From: {address}\r\nSubject: {says}\r\n\r\n{says}".encode()
    item_id = add_message(
        tx,
        home.me,
        blob=data.blobs.put(raw),
        size_bytes=len(raw),
        envelope=Envelope(source=MessageSource.LMTP, sender=address, recipient=address),
        pool_ids=[tx.pools.by_role(home.person.id, PoolRole.INBOX).id],
        received_at=tx.now,
    ).item_id
    record_reading(tx, item_id, letter_reading(says, address, len(raw)))
    home.letters.append(item_id)
    made = add_delivery_address(tx, data.vault, home.me, label=says, allowed_senders=[address])
    home.addresses.append(made.id)
    set_own_addresses(tx, home.me, [address])
    place = AccountPlace(
        host="mail.example", port=993, security=AccountSecurity.TLS, user_name=f"{home.name}@mail.example"
    )
    account = add_account(tx, _Sealer(), home.me, place, "password", folders=[("INBOX", "/")], label=says)
    home.accounts.append(account.id)
    home.folders += [folder.id for folder in tx.accounts.folders(account.id)]


def letter_reading(says: str, address: str, size_bytes: int) -> MessageReading:
    """What a reading finds in a letter in which everything says the same."""
    sender = Mailbox(says, address)
    facts = MessageFacts(
        subject=says,
        senders=(sender,),
        reply_to=(sender,),
        to=(sender,),
        cc=(sender,),
        message_id=address,
        list_id=says,
        list_name=says,
        parts=(
            Part(
                path="1",
                media_type="image/png",
                start=0,
                end=size_bytes,
                size_bytes=size_bytes,
                name=says,
                is_attachment=True,
            ),
        ),
        preview=says,
        links=(MessageLink(LETTER_LINK, says),),
        warnings=(says,),
        remark=says,
        authentication=(says,),
        has_html=True,
        remote_image_count=1,
    )
    html = f'<p>{says}</p><img data-remote="https://letter.example/x.png">'
    # what the frame shows is as it was written, since the frame must hold it; what a feed carries was cleaned before
    feed_html = clean_message_html(f"<p>{says}</p>", {}).feed_html
    return MessageReading(facts=facts, bodies=MessageBodies(text=says, html=html, feed_html=feed_html))
