"""Who applies: a frozen picture of a citizen, how surely he is known, and for whom he acts."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from docflow.errors import Forbidden
from docflow.i18n import t
from docflow.messages import Channel
from docflow.principal import Principal, Via, system


class Level(StrEnum):
    """How surely it is known who somebody is, from not at all to a look at his papers.

    Source: domain row S1-3 (registration on the net, in person, and for a while with limited use).
    A service names the least that it demands; a temporary proof suffices where it demands no more.
    """

    NONE = "none"
    VISITOR = "visitor"  # has a mailbox: typed the code that was sent there
    REGISTERED = "registered"  # an account with a password, or a provider that proves no more
    TEMPORARY = "temporary"  # known for a month at most
    VERIFIED = "verified"  # papers seen at a counter, or proven by a provider such as taxisnet

    @property
    def rank(self) -> int:
        """0 for nobody, 4 for a verified person."""
        return list(Level).index(self)

    def reaches(self, demanded: "Level") -> bool:
        """Whether it is at least what a service demands."""
        return self.rank >= demanded.rank


class RepresentedKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Represented:
    """For whom the citizen acts now, by a representation that a clerk accepted.

    `valid_to` is its last day, None until it is revoked.
    """

    id: int
    kind: RepresentedKind
    name: str
    tax_number: str
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Citizen:
    """A visitor of the portal as one request sees him; `ANONYMOUS` before any login.

    `level` is that of this login: whoever came by a code alone is a visitor, however well his
    account is known. `tax_number` is proven only from TEMPORARY upwards (`is_proven`). `email` is
    confirmed, or empty. `session_id` is the login's, None for nobody.
    """

    account_id: int | None = None
    body_id: int | None = None
    full_name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    level: Level = Level.NONE
    language: str = "el"
    channel: Channel = Channel.EMAIL
    representation: Represented | None = None
    session_id: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody is logged in, be it by a code alone."""
        return self.account_id is not None

    @property
    def is_proven(self) -> bool:
        """Whether name and ΑΦΜ were proven, not just typed."""
        return self.level.reaches(Level.TEMPORARY)

    @property
    def known_id(self) -> int:
        """The account's id. Raises LevelNeeded for nobody."""
        self.require(Level.VISITOR)
        assert self.account_id is not None
        return self.account_id

    def require(self, demanded: Level, *, to: str = "") -> None:
        """Raises LevelNeeded unless the citizen is known so surely.

        `to` is the path to come back to afterwards; a page saves first what was typed.
        """
        if not self.level.reaches(demanded):
            raise LevelNeeded(demanded, to=to)


ANONYMOUS = Citizen()


class LevelNeeded(Forbidden):
    """This needs a surer proof of who you are."""

    def __init__(self, demanded: Level, *, to: str = "") -> None:
        super().__init__(t("Show first who you are, then you come back to this place."))
        self.demanded, self.to = demanded, to


def acting(citizen: Citizen, *, body_id: int) -> Principal:
    """Who stands in the audit trail for a citizen's act: the portal, without his name."""
    return system(citizen.body_id or body_id, via=Via.PUBLIC)
