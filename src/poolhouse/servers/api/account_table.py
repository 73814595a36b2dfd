"""The endpoints of mail accounts: a part of the one table."""

from __future__ import annotations

from poolhouse.servers.api import accounts
from poolhouse.servers.api.endpoint import Answer, Endpoint

ACCOUNT_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        method="GET",
        path="/accounts",
        handler=accounts.list_all,
        group="accounts",
        summary="List the mail accounts that messages are pulled from, oldest first",
        answers=(Answer(200, "All accounts; `next` is null.", "MailAccountPage"),),
    ),
    Endpoint(
        method="POST",
        path="/accounts",
        handler=accounts.add,
        group="accounts",
        summary="Pull mail from an account from now on",
        description="The server logs in there once before it answers, and lists the folders; the INBOX goes into the"
        " Inbox. The password is kept encrypted, and never shown again.",
        body=accounts.NEW_ACCOUNT,
        answers=(Answer(201, "The account.", "MailAccount", has_location=True),),
        problems=(409,),
    ),
    Endpoint(
        method="GET",
        path="/accounts/{account_id}",
        handler=accounts.get,
        group="accounts",
        summary="Get a mail account",
        answers=(Answer(200, "The account.", "MailAccount"),),
    ),
    Endpoint(
        method="PATCH",
        path="/accounts/{account_id}",
        handler=accounts.change,
        group="accounts",
        summary="Change what is mirrored from a mail account, or pause it",
        description="What is not given stays.",
        body=accounts.ACCOUNT_CHANGE,
        answers=(Answer(200, "The account as it now is.", "MailAccount"),),
    ),
    Endpoint(
        method="PUT",
        path="/accounts/{account_id}/place",
        handler=accounts.move,
        group="accounts",
        summary="Say where a mail account is now, or its new password",
        description="The server logs in there once before it answers, and pulls from there again.",
        body=accounts.NEW_PLACE,
        answers=(Answer(200, "The account as it now is.", "MailAccount"),),
    ),
    Endpoint(
        method="POST",
        path="/accounts/{account_id}/pull",
        handler=accounts.pull,
        group="accounts",
        summary="Pull from a mail account now",
        description="Whatever stopped it. Ask for the account until its `asked_at` is later, or it has a `reason`.",
        answers=(Answer(200, "The account; what is pulled is not here yet.", "MailAccount"),),
    ),
    Endpoint(
        method="DELETE",
        path="/accounts/{account_id}",
        handler=accounts.remove,
        group="accounts",
        summary="Forget a mail account",
        answers=(Answer(204, "It is forgotten; what came from there stays."),),
    ),
    Endpoint(
        method="GET",
        path="/accounts/{account_id}/folders",
        handler=accounts.list_its_folders,
        group="accounts",
        summary="List the folders of a mail account, INBOX first",
        answers=(
            Answer(200, "As they were when it was last connected to; `next` is null.", "MailFolderPage"),
        ),
    ),
    Endpoint(
        method="PATCH",
        path="/accounts/{account_id}/folders/{folder_id}",
        handler=accounts.change_folder,
        group="accounts",
        summary="Pull from a folder, or no more; say which pool its mail goes to",
        body=accounts.FOLDER_CHANGE,
        answers=(Answer(200, "The folder as it now is.", "MailFolder"),),
        problems=(409,),
    ),
)
