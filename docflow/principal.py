"""Who acts: a frozen picture of a person and his rights, taken once a request.

A root module, because everything below the organogram (the audit trail first) needs to name who
acted, while only `organization` can make one from the database.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from docflow.errors import Forbidden
from docflow.i18n import Text, t


class Role(StrEnum):
    """What a person may do, mostly within a unit."""

    CLERK = "clerk"  # registers in the common book
    REGISTRAR = "registrar"  # head of the registry: approves annulments, opens and closes books
    HEAD = "head"  # marks and charges the work of a unit and those below it
    EMPLOYEE = "employee"  # handles the work charged to a unit
    SIGNER = "signer"  # signs documents of the body (mayor, deputy mayor, secretary general)
    FINAL_SIGNER = "final-signer"  # may sign as the last, ending a chain before its end
    AUDITOR = "auditor"  # reads the register and verifies the log, changes nothing
    ADMINISTRATOR = "administrator"  # people, books and keys; reads no documents
    DATA_PROTECTION = "data-protection"  # reports on who read what (GDPR art. 39); no documents
    INSTALLATION = "installation"  # opens bodies and names their first administrators


class Via(StrEnum):
    """The door through which somebody acts; it stands in the audit trail."""

    WEB = "web"
    API = "api"
    CLI = "cli"
    JOB = "job"
    PUBLIC = "public"


class NotAllowed(Forbidden):
    """You do not have the right to do this."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """Somebody in whose place the person acts today, with all of that one's ordinary work.

    The units are those of the absent person, as in `Principal`. What is confidential is not in it:
    a restricted book is opened by name, and an entry graded ΕΜΠ is the absent person's alone.
    """

    appointment_id: int
    person_id: int
    full_name: str
    unit_ids: frozenset[int]
    headed_unit_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Principal:
    """The acting person.

    `unit_ids` are the units where the person works; `headed_unit_ids` the units that he heads and
    all units below them; `confidential_reads` and `confidential_writes` the ids of the restricted
    books that were opened to him by name. `substitutions` are those who are away and whose deputy
    he is today; `in_place_of` is the one of them for whom the present act is done, see `on_behalf`.
    """

    user_id: int | None
    body_id: int
    username: str
    full_name: str
    title: str = ""
    language: str = "el"
    via: Via = Via.WEB
    roles: frozenset[Role] = frozenset()
    unit_ids: frozenset[int] = frozenset()
    headed_unit_ids: frozenset[int] = frozenset()
    confidential_reads: frozenset[int] = frozenset()
    confidential_writes: frozenset[int] = frozenset()
    scopes: frozenset[str] | None = field(default=None)  # None: everything the person may do
    substitutions: tuple[Substitution, ...] = ()
    in_place_of: Substitution | None = None
    must_change_password: bool = False

    @property
    def is_clerk(self) -> bool:
        return Role.CLERK in self.roles

    @property
    def is_registrar(self) -> bool:
        return Role.REGISTRAR in self.roles

    @property
    def is_auditor(self) -> bool:
        return Role.AUDITOR in self.roles

    @property
    def is_data_protection(self) -> bool:
        return Role.DATA_PROTECTION in self.roles

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles

    @property
    def opens_bodies(self) -> bool:
        return Role.INSTALLATION in self.roles

    @property
    def person_ids(self) -> frozenset[int]:
        """The person, and those in whose place he acts today."""
        others = {one.person_id for one in self.substitutions}
        return frozenset(others if self.user_id is None else others | {self.user_id})

    @property
    def person_id(self) -> int:
        """The id of the acting person; the installation itself cannot do what a person must."""
        if self.user_id is None:
            raise NotAllowed(t("Only a person can do this."))
        return self.user_id

    def heads(self, unit_id: int | None) -> bool:
        return unit_id in self.headed_unit_ids

    def works_in(self, unit_id: int | None) -> bool:
        return unit_id in self.unit_ids or unit_id in self.headed_unit_ids

    def stands_in(self, user_id: int | None) -> Substitution | None:
        """The substitution under which he does the work of this person today, if there is one."""
        return next((one for one in self.substitutions if one.person_id == user_id), None)

    def heads_for(self, unit_id: int | None) -> Substitution | None:
        """In whose place he heads the unit today; None where he heads it himself, or not at all."""
        if self.heads(unit_id):
            return None
        return next((one for one in self.substitutions if unit_id in one.headed_unit_ids), None)

    def works_for(self, unit_id: int | None) -> Substitution | None:
        """In whose place he works in the unit today; None where he does himself, or not at all."""
        if self.works_in(unit_id):
            return None
        return next(
            (
                one
                for one in self.substitutions
                if unit_id in one.unit_ids or unit_id in one.headed_unit_ids
            ),
            None,
        )

    def on_behalf(self, of: Substitution | None) -> "Principal":
        """The same person, acting in another's place: the trail then holds both."""
        return self if of is None else replace(self, in_place_of=of)

    def require(self, allowed: bool, message: Text) -> None:
        """Raise NotAllowed with the message unless `allowed`."""
        if not allowed:
            raise NotAllowed(message)

    def require_scope(self, scope: str) -> None:
        """A program's token may only do what its scopes name."""
        if self.scopes is not None and scope not in self.scopes:
            raise NotAllowed(
                t(
                    "This access token lacks the scope “{scope}”. Ask for one.",
                    scope=scope,
                )
            )


def system(body_id: int, *, via: Via = Via.JOB) -> Principal:
    """The installation itself, acting in a job or for an anonymous visitor."""
    return Principal(user_id=None, body_id=body_id, username="", full_name="", via=via)
