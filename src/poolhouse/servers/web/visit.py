"""Visit: one request of one browser, with who is behind it, and the ways to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, RedirectResponse, Response

from poolhouse.errors import NotFoundError
from poolhouse.servers.web import cookies
from poolhouse.servers.web.forms import NO_FORM, Form, local_path, number, read_query
from poolhouse.servers.web.said import SAID_SECONDS, read_said
from poolhouse.servers.web.tree import Tree, read_tree
from poolhouse.servers.web.work import Work, read_work
from poolhouse.services.people import open_session
from poolhouse.types import AccountId, CaptureId, DeliveryAddressId, ItemId, JobId, PoolId

if TYPE_CHECKING:
    from starlette.requests import Request

    from poolhouse.ports import Transaction
    from poolhouse.servers.house import House
    from poolhouse.servers.web.said import Said
    from poolhouse.servers.web.view import View
    from poolhouse.types import Person, Principal, Session

QUIET = "x-poolhouse-quiet"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that is logged in."""

    principal: Principal
    person: Person
    session: Session
    cookie: str


@dataclass(slots=True)
class Visit:
    """`form` is what was posted, `query` what stands in the address; `signed_in` is None for a stranger."""

    house: House
    view: View
    request: Request
    signed_in: SignedIn | None
    form: Form = NO_FORM
    query: Form = NO_FORM
    form_cookie: str = ""
    new_form_cookie: str = ""

    @classmethod
    def begin(cls, house: House, view: View, request: Request) -> Visit:
        """See who it is. One look-up where a cookie is shown. Raises StoreError."""
        cookie = cookies.get_cookie(house, request, cookies.SESSION)
        found = open_session(house.glance(), house.vault, cookie) if cookie else None
        signed_in = SignedIn(*found, cookie) if found else None
        visit = cls(house, view, request, signed_in, query=read_query(request))
        visit.form_cookie = cookies.form_cookie(house, request)
        return visit

    @property
    def me(self) -> Principal:
        """Who asks; only on pages that are shut to strangers."""
        assert self.signed_in is not None
        return self.signed_in.principal

    @property
    def here(self) -> str:
        """The address asked for, as one of ours."""
        raw_path = self.request.scope.get("raw_path") or self.request.url.path.encode()
        query = self.request.scope["query_string"]
        path = raw_path.partition(b"?")[0] + (b"?" + query if query else b"")
        return local_path(path.decode("latin-1"))

    @property
    def is_browser(self) -> bool:
        """Whether the other side wants to see a page."""
        return "text/html" in self.request.headers.get("accept", "")

    @property
    def wants_images(self) -> bool:
        """Whether pictures from elsewhere shall load: `images=1`, unless another site leads here (Fetch Metadata)."""
        site = self.request.headers.get("sec-fetch-site", "none")
        return self.query.text("images") == "1" and site in {"same-origin", "none"}

    @property
    def address(self) -> str:
        """The client's IP address."""
        return self.request.client.host if self.request.client else ""

    @property
    def user_agent(self) -> str:
        """What the browser calls itself."""
        return self.request.headers.get("user-agent", "")

    @property
    def token(self) -> str:
        """What the forms on this page must carry."""
        return self.house.vault.form_token(self._binding() or self._new_binding())

    def is_form_ours(self) -> bool:
        """Whether the form that was posted is from a page that we gave to this browser."""
        binding = self._binding()
        return bool(binding) and self.house.vault.is_form_token(binding, self.form.text("token"))

    def _binding(self) -> str:
        return self.signed_in.cookie if self.signed_in else self.form_cookie or self.new_form_cookie

    def _new_binding(self) -> str:
        self.new_form_cookie = self.house.vault.new_secret()
        return self.new_form_cookie

    def pool_id(self) -> PoolId:
        """The pool in the address. Raises NotFoundError for what cannot be one."""
        return PoolId(self._id("pool"))

    def item_id(self) -> ItemId:
        """The item in the address. Raises NotFoundError for what cannot be one."""
        return ItemId(self._id("link"))

    def capture_id(self) -> CaptureId:
        """The version in the address. Raises NotFoundError for what cannot be one."""
        return CaptureId(self._id("captured page", "capture_id"))

    def job_id(self) -> JobId:
        """The job in the address. Raises NotFoundError for what cannot be one."""
        return JobId(self._id("job"))

    def account_id(self) -> AccountId:
        """The mail account in the address. Raises NotFoundError for what cannot be one."""
        return AccountId(self._id("account"))

    def address_id(self) -> DeliveryAddressId:
        """The secret address for mail in the address. Raises NotFoundError for what cannot be one."""
        return DeliveryAddressId(self._id("address"))

    def _id(self, what: str, name: str = "id") -> int:
        found = number(self.request.path_params[name])
        if found is None:
            raise NotFoundError(what)
        return found

    def bare(self, template: str, /, status: int = 200, **values: object) -> Response:
        """A page that stands alone: log in, a question in a small window, a failure. Reads nothing."""
        return HTMLResponse(self._render(template, values), status)

    def page(
        self, template: str, /, status: int = 200, *, at: PoolId | None = None, **values: object
    ) -> Response:
        """A page with the pools at its left, `at` marked, and how many jobs there are. Four look-ups."""
        text = cookies.get_cookie(self.house, self.request, cookies.SAID)

        def look(tx: Transaction) -> tuple[Tree, Work, Said | None]:
            said = read_said(tx, self.me, text) if text else None
            return read_tree(tx, self.me), read_work(tx, self.me), said

        tree, work, said = self.house.read(look)
        frame = {"tree": tree, "at": at, "work": work, "said": said}
        response = HTMLResponse(self._render(template, {**frame, **values}), status)
        if text:
            cookies.drop_cookie(self.house, response, cookies.SAID)
        return response

    def _render(self, template: str, values: dict[str, object]) -> str:
        now = self.house.clock.now()
        return self.view.render(template, {"visit": self, "token": self.token, "now": now, **values})

    def go(self, path: str, said: str = "", of: int = 0) -> Response:
        """On to a page of ours, which will say what was done; a script that asked quietly gets no page."""
        if self.request.headers.get(QUIET):
            return Response(status_code=204)
        response = RedirectResponse(local_path(path), 303)
        if said:
            cookies.set_cookie(self.house, response, cookies.SAID, f"{said}.{of}", age_seconds=SAID_SECONDS)
        return response

    def back(self, said: str = "", of: int = 0, *, default: str = "/") -> Response:
        """To the page that the form stood on."""
        return self.go(local_path(self.form.text("back"), default), said, of)
