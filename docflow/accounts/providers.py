"""Citizens who log in through an identity provider: taxisnet, eIDAS, or any other by settings.

The provider's word counts as far as the settings say (`level`, or by its `acr`). Somebody is tied
to issuer and subject, never to a name or an address; to an account that stood before only by an
ΑΦΜ that provider and account both prove, or by himself while he is logged in there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, parties
from docflow.accounts import codes, logins, proving
from docflow.accounts.citizen import ANONYMOUS, Citizen, Level, acting
from docflow.accounts.models import Account, Identity, Way
from docflow.accounts.owning import LANGUAGES, own, require_owner, require_unlocked
from docflow.accounts.turns import in_turn
from docflow.citizen_settings import CitizenProvider
from docflow.errors import Conflict, NotFound
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.organization import oidc
from docflow.settings import Settings

# Where OpenID Connect Core 1.0 § 5.1 puts them; the settings of a provider say otherwise.
_USUAL = {
    "full_name": "name",
    "tax_number": "tax_number",
    "email": "email",
    "phone": "phone_number",
}


class NoSuchProvider(NotFound):
    """There is no such way to log in."""


class IdentityTaken(Conflict):
    """This person at the provider has another account here."""


class OtherPerson(Conflict):
    """The provider says another ΑΦΜ than the one that was proven for the account."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as the page of the ways in names it."""

    name: str
    title: str
    level: Level


@dataclass(frozen=True, slots=True)
class Person:
    """Who came, as the provider says it; the address only where it is confirmed."""

    provider: str
    issuer: str
    subject: str
    level: Level
    full_name: str = ""
    tax_number: str = ""
    email: str = ""
    phone: str = ""


def offered(settings: Settings, demanded: Level = Level.NONE) -> list[Offer]:
    """The providers whose logins can count as so much."""
    found = []
    for one in settings.citizen_providers:
        best = max(
            (Level(level) for level in (one.level, *one.acr_levels.values())),
            key=lambda level: level.rank,
        )
        if best.reaches(demanded):
            title = one.title or urlsplit(one.issuer).hostname or one.name
            found.append(Offer(one.name, title, best))
    return found


def begin(settings: Settings, name: str, *, redirect_uri: str) -> tuple[str, oidc.Attempt]:
    """Where to send the browser, and what to remember.

    Raises NoSuchProvider, ProviderAway, ProviderRefused.
    """
    return oidc.begin_at(_client(_provider(settings, name)), redirect_uri=redirect_uri)


def finish(
    settings: Settings, name: str, attempt: oidc.Attempt, *, code: str, redirect_uri: str
) -> Person:
    """Who came back with this code. Raises NoSuchProvider, ProviderAway, ProviderRefused."""
    provider = _provider(settings, name)
    claims = oidc.finish_at(
        _client(provider),
        attempt,
        code=code,
        redirect_uri=redirect_uri,
        wanted=[claim for value in _places(provider).values() for claim in value.split()],
    )
    return _person(provider, claims)


def enter(
    session: Session, person: Person, *, body_id: int, language: str, hours: int, client: str
) -> str:
    """The secret of a new login: to the account tied to the person, or to a new one.

    Raises AccountLocked, OtherPerson.
    """
    in_turn(session, body_id, person.issuer, person.subject)
    account = _tied(session, person, body_id) or _of_number(session, person, body_id)
    if account is None:
        account = _made(session, person, body_id, language)
    require_unlocked(account)
    _tie(session, person, account, by=ANONYMOUS)
    _learn(session, person, account)
    is_named = bool(person.full_name)  # else it would prove what its owner typed
    return logins.open_login(
        session,
        account,
        way=Way.PROVIDER,
        hours=hours,
        client=client,
        level=person.level if is_named else min(person.level, Level.REGISTERED, key=_rank),
        provider=person.provider,
    )


def link(session: Session, person: Person, *, citizen: Citizen) -> None:
    """Tie the person at the provider to the account in which the citizen is logged in.

    Raises LevelNeeded, NotFresh, IdentityTaken, OtherPerson, TaxNumberTaken, AccountLocked.
    """
    account = own(session, citizen)
    require_owner(session, account, citizen)
    _require_as_sure(session, account, person, citizen)
    in_turn(session, account.body_id, person.issuer, person.subject)
    tied = _tied(session, person, account.body_id)
    if tied is not None and tied.id != account.id:
        raise IdentityTaken(
            t(
                "This login belongs to another account here. If both are yours, show your papers "
                "at a counter: a clerk makes one of them."
            )
        )
    other = _of_number(session, person, account.body_id)
    if other is not None and other.id != account.id:
        raise proving.TaxNumberTaken(other.id)
    _tie(session, person, account, by=citizen)
    _learn(session, person, account)


def _require_as_sure(session: Session, account: Account, person: Person, citizen: Citizen) -> None:
    """To a proven account somebody else's login would be a way in that counts as its proof.

    Whoever came by a code alone adds one that proves the same ΑΦΜ, no other; nor does he after he
    chose a password, which ended the proof. Raises LevelNeeded.
    """
    standing = logins.proof_of(account) or proving.lost_by_code(session, account)
    is_proven_same = person.level.reaches(Level.TEMPORARY) and person.tax_number != ""
    if standing is not None and not (is_proven_same and person.tax_number == account.tax_number):
        citizen.require(standing, to="/account")


def of_account(session: Session, citizen: Citizen) -> list[str]:
    """The names of the providers through which the citizen can log in."""
    query = select(Identity.provider).where(Identity.account_id == citizen.known_id)
    return list(session.scalars(query.order_by(Identity.id)))


def _tied(session: Session, person: Person, body_id: int) -> Account | None:
    return session.scalar(
        select(Account)
        .join(Identity, Identity.account_id == Account.id)
        .where(
            Identity.body_id == body_id,
            Identity.issuer == person.issuer,
            Identity.subject == person.subject,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _of_number(session: Session, person: Person, body_id: int) -> Account | None:
    """The account for which the ΑΦΜ is proven, where this provider proves it too."""
    if not person.tax_number or not person.level.reaches(Level.TEMPORARY):
        return None
    return proving.proven(session, body_id, person.tax_number, lock=True)


def _made(session: Session, person: Person, body_id: int, language: str) -> Account:
    """A new account. An address that another account has is left to that one."""
    address = person.email
    in_turn(session, body_id, address.lower())
    if address and codes.of_address(session, body_id, address, lock=True) is not None:
        address = ""
    account = Account(
        body_id=body_id,
        email=address,
        email_key=address.lower(),
        full_name=person.full_name,
        name_key=fold(person.full_name),
        phone=person.phone,
        tax_number=person.tax_number,
        language=language if language in LANGUAGES else "el",
    )
    session.add(account)
    session.flush()
    audit.record(
        session,
        "account.made",
        by=acting(ANONYMOUS, body_id=body_id),
        subject=("citizen-account", account.id),
        provider=person.provider,
    )
    return account


def _tie(session: Session, person: Person, account: Account, *, by: Citizen) -> None:
    known = select(Identity.id).where(
        Identity.body_id == account.body_id,
        Identity.issuer == person.issuer,
        Identity.subject == person.subject,
    )
    if session.scalar(known) is not None:
        return
    session.add(
        Identity(
            body_id=account.body_id,
            account_id=account.id,
            provider=person.provider,
            issuer=person.issuer,
            subject=person.subject,
            tied_at=clock.now(),
        )
    )
    audit.record(
        session,
        "account.tied-to-provider",
        by=acting(by, body_id=account.body_id),
        subject=("citizen-account", account.id),
        provider=person.provider,
    )


def _learn(session: Session, person: Person, account: Account) -> None:
    """What the provider proves stands for the account, unless a surer proof does already.

    Where another account has the proven ΑΦΜ, a clerk must look: this login counts all the same, and
    the two stand in his list. Raises OtherPerson.
    """
    standing = logins.proof_of(account)
    if not person.level.reaches(Level.TEMPORARY) or not person.full_name:
        return
    proven = account.tax_number if standing is not None else ""
    if proven and person.tax_number not in ("", proven):
        raise OtherPerson(
            t(
                "The provider says another ΑΦΜ than the one that was proven for this account. Ask "
                "at a counter, with your papers."
            )
        )
    is_as_sure = standing is not None and standing.reaches(person.level)
    adds_number = standing is person.level and person.tax_number != "" and not proven
    is_whole = standing is Level.VERIFIED or account.level_until == _until(person.level)
    if is_as_sure and is_whole and not adds_number:
        return
    elsewhere = _of_number(session, person, account.body_id)
    if elsewhere is not None and elsewhere.id != account.id:
        if standing is None:
            _say(session, person, account)
        return
    proving.give(
        session,
        account,
        level=person.level,
        valid_to=_until(person.level),
        full_name=person.full_name,
        tax_number=person.tax_number,
        by=acting(ANONYMOUS, body_id=account.body_id),
        provider=person.provider,
    )


def _say(session: Session, person: Person, account: Account) -> None:
    """What this login counts for is what the provider says, not what somebody typed here."""
    account.level = account.level_until = None  # a proof that is over would hold the number
    said = {"full_name": person.full_name, "tax_number": person.tax_number}
    changed = [name for name, value in said.items() if getattr(account, name) != value]
    if not changed:
        return
    account.full_name, account.name_key = person.full_name, fold(person.full_name)
    account.tax_number = person.tax_number
    audit.record(
        session,
        "account.changed",
        by=acting(ANONYMOUS, body_id=account.body_id),
        subject=("citizen-account", account.id),
        fields=changed,
        provider=person.provider,
    )


def _rank(level: Level) -> int:
    return level.rank


def _until(level: Level) -> date | None:
    return clock.today() + proving.MONTH if level is Level.TEMPORARY else None


def _person(provider: CitizenProvider, claims: Mapping[str, Any]) -> Person:
    places = _places(provider)

    def said(name: str, most: int) -> str:
        parts = (claims.get(claim) for claim in places[name].split())
        return line(" ".join(str(part) for part in parts if isinstance(part, str | int)))[:most]

    number = "".join(char for char in said("tax_number", 40) if char.isdecimal())
    address = said("email", 300)
    is_confirmed = provider.trusts_email or claims.get("email_verified") is True
    return Person(
        provider=provider.name,
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        level=Level(provider.acr_levels.get(str(claims.get("acr")), provider.level)),
        full_name=said("full_name", 200),
        tax_number=number if parties.is_tax_number(number) else "",
        email=address if is_confirmed and _is_address(address) else "",
        phone=said("phone", 40),
    )


def _is_address(typed: str) -> bool:
    try:
        parties.check_email(typed, field="email")
    except parties.BadEmail:
        return False
    return True


def _places(provider: CitizenProvider) -> dict[str, str]:
    return {name: provider.claims.get(name, usual) for name, usual in _USUAL.items()}


def _provider(settings: Settings, name: str) -> CitizenProvider:
    found = next((one for one in settings.citizen_providers if one.name == name), None)
    if found is None:
        raise NoSuchProvider(t("There is no such way to log in here."))
    return found


def _client(provider: CitizenProvider) -> oidc.Client:
    return oidc.Client(
        issuer=provider.issuer,
        client_id=provider.client_id,
        secret=provider.client_secret.get_secret_value(),
        scope=provider.scope,
        acr_values=provider.acr_values,
    )
