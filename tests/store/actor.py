"""Actor: a person at a store, who does what services offer without spelling a transaction each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from poolhouse.services.people import add_person
from poolhouse.types import Pool, PoolRole, Principal, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.store.database import Database

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Actor:
    """`do` writes, `ask` reads; both take a service and what it takes after the principal."""

    database: Database
    principal: Principal

    def do(
        self,
        service: Callable[Concatenate[Any, Principal, Given], Result],
        /,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        return self.database.write(lambda tx: service(tx, self.principal, *given, **named))

    def ask(
        self,
        service: Callable[Concatenate[Any, Principal, Given], Result],
        /,
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Result:
        return self.database.read(lambda tx: service(tx, self.principal, *given, **named))

    @property
    def bookmarks(self) -> Pool:
        return self.database.read(lambda tx: tx.pools.by_role(self.principal.person_id, PoolRole.BOOKMARKS))

    @property
    def inbox(self) -> Pool:
        return self.database.read(lambda tx: tx.pools.by_role(self.principal.person_id, PoolRole.INBOX))


def new_actor(database: Database, name: str) -> Actor:
    """A person without a password, with the two pools everybody has."""

    person = database.write(lambda tx: add_person(tx, name, None))
    return Actor(database, Principal(person_id=person.id, scope=Scope.PERSON))
