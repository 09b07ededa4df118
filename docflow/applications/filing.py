"""Filing: the form becomes a document of the register, and its process begins.

Bytes first: the paper of the application is printed and stored before the transaction. Then, in
one: the key that makes two applications one, number and time, the process with its first steps
(and what is to be paid), the message with the receipt. The same form sent twice gives the same
number. Source: ν. 4727/2020 art. 19; domain rows 11, 18, 20 and S0-4.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import (
    audit,
    calendars,
    canonical,
    clock,
    documents,
    kinds,
    parties,
    processes,
    registry,
    services,
)
from docflow.accounts import Citizen
from docflow.applications import access, checking, drafts, forms, paper, secret, telling
from docflow.applications.models import Application, ApplicationKey, Draft, DraftFile
from docflow.applications.values import Filed
from docflow.db import TwoAtOnce
from docflow.errors import Conflict, Unavailable
from docflow.folding import fold_reference
from docflow.i18n import t, translate
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, NewEntry
from docflow.services import ServiceVersion

_NAMELESS = "Without a name"


class FormChanged(Conflict):
    """The form changed since it was opened."""


class FiledAlready(Conflict):
    """The same was applied for already."""

    def __init__(self, number: str) -> None:
        """`number` is that of the first application; empty where it is somebody else's."""
        super().__init__(
            t(
                "You applied for this already: number {number}. Open that application to see "
                "where it stands, or withdraw it before you file a new one.",
                number=number,
            )
            if number
            else t(
                "An application with these details was filed already. If it was not you, or you "
                "do not remember, ask the office: you need not pay or file again."
            )
        )
        self.number = number


class NobodyCompetent(Unavailable):
    """The service has no competent unit now."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draft that was found right, before its paper is printed."""

    version: ServiceVersion
    typed: Mapping[str, Any]
    values: Mapping[str, Any]
    files: Sequence[DraftFile]


def submit(office: Office, draft_id: int, *, citizen: Citizen, seen: int) -> Filed:
    """File the application of a draft that the caller opened for this citizen.

    `seen` is the version of the service whose form he saw. Raises BadForm with every fault,
    FormChanged, FiledAlready, LevelNeeded, services.ServiceWithdrawn, StoreUnavailable.
    """
    with office.db.read() as session:
        draft = session.get_one(Draft, draft_id)
        earlier = filed(office, session, draft)
        if earlier is not None:
            return earlier
        ready = _ready(session, draft, citizen, seen)
    printed = paper.application(
        office,
        ready.version,
        ready.values,
        applicant=_applicant(ready.version, ready.values, citizen).name,
        citizen=citizen,
        files=[one.name for one in ready.files],
    )
    with office.db.begin() as session:
        return file(session, office, draft_id, ready, printed, citizen=citizen, seen=seen)


def _ready(session: Session, draft: Draft, citizen: Citizen, seen: int) -> _Ready:
    version = _version(session, draft, seen)
    citizen.require(version.level, to=f"/apply/{draft.token}/check")
    found = drafts.files(session, draft.id)
    form = forms.of(version.form, draft.language)
    values = checking.checked(form, draft.typed, drafts.by_field(found))
    return _Ready(version, draft.typed, values, found)


def _version(session: Session, draft: Draft, seen: int) -> ServiceVersion:
    """The version that holds. Raises FormChanged where the citizen saw another."""
    version = services.deployed(session, draft.body_id, draft.service_code)
    drafts.require_electronic(version)
    if version.id != draft.version_id or version.id != seen:
        raise FormChanged(
            t(
                "The form of this service changed while you were filling it in. What you wrote is "
                "kept: look at it once more, then send it."
            )
        )
    return version


def file(
    session: Session,
    office: Office,
    draft_id: int,
    ready: _Ready,
    printed: documents.Upload,
    *,
    citizen: Citizen,
    seen: int,
) -> Filed:
    """The transaction of `submit`; `printed` is the stored paper. Raises as it does."""
    draft = session.scalars(
        select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    earlier = filed(office, session, draft)
    if earlier is not None:
        return earlier
    version = _version(session, draft, seen)
    if version.unit_id is None:
        raise NobodyCompetent(
            t("Nobody is competent for this service now. Please try again tomorrow.")
        )
    values, found = ready.values, drafts.files(session, draft.id)
    if draft.typed != ready.typed or [one.id for one in found] != [one.id for one in ready.files]:
        raise FormChanged(
            t("You changed the form in another window meanwhile. Look at it again, then send it.")
        )
    application_id = session.execute(select(func.nextval("applications_id_seq"))).scalar_one()
    _take_key(session, draft, version, values, citizen, application_id)
    by = access.portal(draft.body_id)
    who = _applicant(version, values, citizen)
    with processes.by_service(session):  # a process that its kind may have does not begin too
        entry = registry.register(
            session,
            _document(session, version, values, who, found, by),
            [printed, *(_upload(one) for one in found)],
            by=by,
            zone=office.settings.zone,
            ocr_languages=list(office.settings.ocr_languages),
            guard_duplicates=False,
        )
    land(session, entry.id, version.unit_id)
    nonce = secrets.token_hex(16)
    opens = _secret(office, draft, nonce)
    row = Application(
        id=application_id,
        body_id=draft.body_id,
        entry_id=entry.id,
        draft_id=draft.id,
        version_id=version.id,
        service_code=version.code,
        unit_id=version.unit_id,
        account_id=citizen.account_id,
        representation_id=citizen.representation.id if citizen.representation else None,
        party_id=entry.sender_party_id,
        full_name=who.name,
        tax_number=who.tax_number,
        proven_tax_number=_proven(citizen),
        email=who.email.lower(),
        phone=who.phone,
        filed_by=citizen.full_name if citizen.representation else "",
        language=draft.language,
        channel=str(citizen.channel),
        level=str(citizen.level),
        values=dict(values),
        files=[[one.field, position] for position, one in enumerate(found, start=2)],
        secret_nonce=nonce,
        secret_digests=[secret.digest(application_id, opens)],
        filed_at=entry.registered_at,
    )
    session.add(row)
    draft.filed_at, draft.typed = entry.registered_at, {}
    session.execute(delete(DraftFile).where(DraftFile.draft_id == draft.id))
    session.flush()
    audit.record(
        session,
        "application.filed",
        by=by,
        subject=("entry", entry.id),
        application=row.id,
        service=version.code,
        version=version.number,
        level=row.level,
        values=values_digest(row),
    )
    telling.tell_filed(session, row, entry.label, by=by)
    processes.start(
        session,
        body_id=row.body_id,
        subject=(telling.SUBJECT, row.id),
        xml=version.process_xml.encode(),
        service=version.code,
        version=version.number,
        unit_id=row.unit_id,
        data=begun_with(row, entry.label),
        entry_id=entry.id,
    )
    return Filed(row.id, entry.label, opens, row.filed_at, is_new=True)


def land(session: Session, entry_id: int, unit_id: int) -> None:
    """What a service's form brings needs no marking by the secretariat: it goes to its unit."""
    handling = session.get_one(registry.Handling, entry_id)
    handling.unit_id = unit_id
    registry.open_to_unit(session, entry_id, unit_id)


def begun_with(row: Application, number: str) -> dict[str, Any]:
    """What the process knows at its beginning."""
    return {
        **row.values,
        "application": row.id,
        "number": number,
        "filed_on": clock.local(row.filed_at).date().isoformat(),
        "full_name": row.full_name,
        "tax_number": row.tax_number,
        "email": row.email,
        "phone": row.phone,
        "language": row.language,
        "has_account": row.account_id is not None,
        "level": row.level,
    }


def values_digest(row: Application) -> str:
    """SHA-256 of what was filed, for the check of the log (`verification`)."""
    return canonical.digest({"values": row.values, "name": row.full_name, "files": row.files})


def _take_key(
    session: Session,
    draft: Draft,
    version: ServiceVersion,
    values: Mapping[str, Any],
    citizen: Citizen,
    application_id: int,
) -> None:
    """Hold what makes two applications one. A second one waits here for the first to commit.

    Raises FiledAlready, with the number only for the account that filed the first.
    """
    parts = [fold_reference(str(values.get(name, ""))) for name in version.unique_by]
    if not any(parts):
        return
    key = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    made = session.scalar(
        insert(ApplicationKey)
        .values(
            application_id=application_id,
            body_id=draft.body_id,
            service_code=version.code,
            key_digest=key,
        )
        .on_conflict_do_nothing(
            index_elements=["body_id", "service_code", "key_digest"],
            index_where=text("released_at IS NULL"),
        )
        .returning(ApplicationKey.application_id)
    )
    if made is not None:
        return
    first = session.execute(
        select(Application.account_id, registry.Entry.label)
        .join(ApplicationKey, ApplicationKey.application_id == Application.id)
        .join(registry.Entry, registry.Entry.id == Application.entry_id)
        .where(
            ApplicationKey.body_id == draft.body_id,
            ApplicationKey.service_code == version.code,
            ApplicationKey.key_digest == key,
            ApplicationKey.released_at.is_(None),
        )
    ).one_or_none()
    if first is None:  # withdrawn since the line above
        raise TwoAtOnce(
            t("Somebody else did the same just now. Nothing was saved; please try again.")
        )
    is_his = first.account_id is not None and first.account_id == citizen.account_id
    raise FiledAlready(first.label if is_his else "")


def _applicant(
    version: ServiceVersion, values: Mapping[str, Any], citizen: Citizen
) -> parties.Contact:
    """Whom the application concerns: as the form says, else as the account does."""
    named = {part: str(values.get(name, "")) for part, name in version.applicant.items()}
    other = citizen.representation
    name = named.get("name") or (other.name if other else citizen.full_name)
    tax_number = named.get("tax_number") or (other.tax_number if other else citizen.tax_number)
    return parties.Contact(
        name=name or translate(_NAMELESS, "el"),
        tax_number=tax_number,
        email=named.get("email") or citizen.email,
        phone=named.get("phone") or citizen.phone,
        address=named.get("address", ""),
    )


def _proven(citizen: Citizen) -> str:
    if citizen.representation is not None:
        return citizen.representation.tax_number
    return citizen.tax_number if citizen.is_proven else ""


def _document(
    session: Session,
    version: ServiceVersion,
    values: Mapping[str, Any],
    who: parties.Contact,
    found: Sequence[DraftFile],
    by: Principal,
) -> NewEntry:
    return NewEntry(
        direction=Direction.INCOMING,
        subject=version.subject("el", _said(version, values)),
        sender=who,
        delivery_method=DeliveryMethod.PORTAL,
        attachments_count=len(found),
        addressee_unit_id=version.unit_id,
        kind=_kind(session, version, by),
        due_on=_due_on(session, version),
        has_personal_data=True,
    )


def _said(version: ServiceVersion, values: Mapping[str, Any]) -> dict[str, str]:
    """The values as people read them, for the subject."""
    fields = forms.of(version.form, "el").fields
    return {one.name: forms.shown(one, values.get(one.name), "el") for one in fields}


def _kind(session: Session, version: ServiceVersion, by: Principal) -> str | None:
    """The code of the kind of document; none where the office took it out of use."""
    if version.kind_id is None:
        return None
    known = {one.id: one.code for one in kinds.listing(session, by)}
    return known.get(version.kind_id)


def _due_on(session: Session, version: ServiceVersion) -> date | None:
    """The day of the service's deadline; None where the body's own terms hold."""
    if version.deadline is None:
        return None
    calendar = calendars.of(session, version.body_id)
    today = clock.today()
    return calendar.at_or_after(calendar.end(today, version.deadline.days, version.deadline.unit))


def _upload(one: DraftFile) -> documents.Upload:
    return documents.Upload(one.name, one.sha256, one.size, one.media_type, one.waits_for_check)


def filed(office: Office, session: Session, draft: Draft) -> Filed | None:
    """What the same form gave before: a double click, the back button, an answer that got lost."""
    if draft.filed_at is None:
        return None
    row = session.scalars(select(Application).where(Application.draft_id == draft.id)).one()
    label = session.get_one(registry.Entry, row.entry_id).label
    opens = _secret(office, draft, row.secret_nonce)
    return Filed(row.id, label, opens, row.filed_at, is_new=False)


def _secret(office: Office, draft: Draft, nonce: str) -> str:
    """The secret of the last page of the form: the same whenever that page is shown again."""
    key = office.settings.secret_key.get_secret_value()
    return secret.derived(key, f"application:{draft.id}:{nonce}")
