"""The account: password, browsers that are logged in, tokens for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError, NotFoundError, SignInError
from poolhouse.servers.web.arrival import check_password
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.forms import local_path, number
from poolhouse.services.people import change_password, end_all_sessions
from poolhouse.services.secrets import add_token, cut_off, list_secrets
from poolhouse.types import SecretId, SecretKind, SessionId

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import SignedIn, Visit


async def show_account(visit: Visit) -> Response:
    """Everything on one page."""
    return _account(visit, 200)


def _account(visit: Visit, status: int, error: InvalidInputError | None = None) -> Response:
    me = visit.me
    sessions, tokens = visit.house.read(
        lambda tx: (tx.sessions.of(me.person_id), list_secrets(tx, me, kind=SecretKind.TOKEN))
    )
    live = [token for token in tokens if token.cut_off_at is None]
    return visit.page("account.html", status, sessions=sessions, tokens=live, error=error)


async def set_password(visit: Visit) -> Response:
    """Change the password; asks for the old one, and logs out every other browser."""
    here = _signed_in(visit)
    try:
        await check_password(visit, here.person.name, visit.form.text("old_password"))
        password_hash = await visit.house.hash_password(visit.form.text("password"))
    except SignInError:
        return _account(visit, 400, InvalidInputError("old_password", "That is not your password."))
    except InvalidInputError as error:
        return _account(visit, 400, error)
    await visit.house.write(
        lambda tx: change_password(tx, here.principal, password_hash, keep=here.session.id)
    )
    return visit.go("/account", "password")


async def end_sessions(visit: Visit) -> Response:
    """Log out one browser (`session`), or all others."""
    here, wanted = _signed_in(visit), visit.form.number("session")

    def end(tx: Transaction) -> None:
        if wanted is None:
            end_all_sessions(tx, here.principal, but=here.session.id)
            return
        if all(session.id != wanted for session in tx.sessions.of(here.principal.person_id)):
            raise NotFoundError("session")
        tx.sessions.remove(SessionId(wanted))

    await visit.house.write(end)
    return visit.go("/account", "elsewhere")


async def make_token(visit: Visit) -> Response:
    """Make a token and show it, this once."""
    me, vault, label = visit.me, visit.house.vault, visit.form.text("label")
    try:
        secret, text = await visit.house.write(lambda tx: add_token(tx, vault, me, label))
    except InvalidInputError as error:
        return _account(visit, 400, error)
    return visit.page("token.html", label=secret.label, secret=text)


async def cut_off_secret(visit: Visit) -> Response:
    """Stop a reader's secret or a script's token, from its next request on."""
    me, found = visit.me, number(visit.request.path_params["id"])
    if found is None:
        raise NotFoundError("secret")
    secret = await visit.house.write(lambda tx: cut_off(tx, me, SecretId(found)))
    default = f"/pools/{secret.pool_id}/subscribe" if secret.pool_id else "/account"
    return visit.go(local_path(visit.form.text("back"), default), "cut-off")


def _signed_in(visit: Visit) -> SignedIn:
    assert visit.signed_in is not None
    return visit.signed_in


PAGES = (
    Page(path="/account", get=show_account),
    Page(path="/account/password", post=set_password),
    Page(path="/account/sessions", post=end_sessions),
    Page(path="/account/tokens", post=make_token),
    Page(path="/secrets/{id}/cut-off", post=cut_off_secret),
)
