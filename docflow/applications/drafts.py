"""Drafts: what a citizen typed so far, kept on the server page by page for 30 days.

A draft is opened by the browser that began it (a secret in a cookie), and once its owner is known
by him alone, from wherever he logs in. Nothing of it is checked before it is sent.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import accounts, clock, documents, outbox, schedule, services
from docflow.accounts import Account, AccountState, Citizen, Level
from docflow.applications import forms
from docflow.applications.forms import Form, Typed
from docflow.applications.models import Draft, DraftFile
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import t
from docflow.services import ServiceVersion

KEPT = timedelta(days=30)
MOST_FILES = 30  # of one application, in its fields and beside them
MOST_BYTES = 300 << 20  # of all of them
MAX_TYPED = 20_000  # characters of one field
FORGET = "applications.forget-drafts"


class NoSuchDraft(NotFound):
    """This form is not kept here, or it is not yours."""


class TooManyFiles(Invalid):
    """An application takes at most 30 files."""


class WrongKindOfFile(Invalid):
    """The field does not take files of this kind."""


class NotElectronic(Conflict):
    """The service is described here, but not applied for here."""


class DraftFiled(Invalid):
    """The form was sent already."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A form that its owner has not sent yet."""

    token: str
    service: str
    title: str
    saved_at: datetime
    expires_at: datetime


def begin(
    session: Session, version: ServiceVersion, *, citizen: Citizen, secret: str, language: str
) -> Draft:
    """A new draft of the version that holds, with what is known of the citizen filled in.

    `secret` is the browser's. Raises NotElectronic, LevelNeeded.
    """
    require_electronic(version)
    citizen.require(version.level, to=f"/services/{version.code}/apply")
    now = clock.now()
    row = Draft(
        body_id=version.body_id,
        version_id=version.id,
        service_code=version.code,
        token=secrets.token_urlsafe(16),
        secret_digest=digest(secret),
        account_id=citizen.account_id,
        language=language,
        typed=known_of(citizen, forms.of(version.form, language)),
        begun_at=now,
        saved_at=now,
        expires_at=now + KEPT,
    )
    session.add(row)
    session.flush()
    return row


def known_of(citizen: Citizen, form: Form) -> dict[str, str]:
    """What the account says, where the form asks for it. For a company: the company's."""
    other = citizen.representation
    known = {
        "full_name": other.name if other else citizen.full_name,
        "tax_number": other.tax_number if other else citizen.tax_number,
        "email": citizen.email,
        "phone": citizen.phone,
    }
    return {
        one.name: known[one.prefilled_from] for one in form.fields if known.get(one.prefilled_from)
    }


def opened(
    session: Session, token: str, *, secret: str, citizen: Citizen, lock: bool = False
) -> Draft:
    """The draft, for its browser or its owner; whoever logged in meanwhile becomes its owner.

    What an account has sent is opened by it alone: the browser may be of a library. Raises
    NoSuchDraft, also for somebody else's; LevelNeeded where its owner must log in again.
    """
    query = select(Draft).where(Draft.token == token)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None or row.expires_at < clock.now() or not _is_his(row, secret, citizen):
        raise NoSuchDraft(
            t("This form is not kept any more, or it was begun in another browser. Begin anew.")
        )
    if row.filed_at is not None:
        require_owner(row, citizen, to=f"/apply/{token}/done")
    elif lock and row.account_id is None:
        row.account_id = citizen.account_id
    return row


def require_owner(row: Draft, citizen: Citizen, *, to: str) -> None:
    """Whoever opened the draft by his browser logs in where it is an account's. Raises LevelNeeded.

    So what is sent lands in that account, and its page is open to it.
    """
    if row.account_id is not None:
        citizen.require(Level.VISITOR, to=to)


def _is_his(row: Draft, secret: str, citizen: Citizen) -> bool:
    if row.account_id is not None and citizen.account_id is not None:
        return row.account_id == citizen.account_id
    # A login that ended while somebody typed loses nothing: his browser still has the secret.
    return bool(secret) and hmac.compare_digest(row.secret_digest, digest(secret))


def begun(
    session: Session, version: ServiceVersion, *, citizen: Citizen, secret: str
) -> Draft | None:
    """The newest draft of the same service that this citizen, or his browser, has not sent."""
    theirs = Draft.account_id == citizen.account_id
    if citizen.account_id is None:
        theirs = Draft.account_id.is_(None) & (Draft.secret_digest == digest(secret))
    return session.scalar(
        select(Draft)
        .where(
            theirs,
            Draft.body_id == version.body_id,
            Draft.service_code == version.code,
            Draft.filed_at.is_(None),
            Draft.expires_at > clock.now(),
        )
        .order_by(Draft.saved_at.desc())
        .limit(1)
    )


def save(session: Session, row: Draft, typed: Typed, *, only: Sequence[str] = ()) -> None:
    """Keep what stands in the fields of a page (`only`), or of all that are given.

    `row` was opened with a lock. Raises DraftFiled.
    """
    _require_open(row)
    kept = dict(row.typed)
    for name in only or typed:
        value = typed.get(name, "")
        cut = [one[:MAX_TYPED] for one in value] if isinstance(value, list) else value[:MAX_TYPED]
        kept[name] = cut
    row.typed = kept
    row.saved_at = clock.now()
    row.expires_at = row.saved_at + KEPT


def follow(session: Session, row: Draft, version: ServiceVersion) -> None:
    """Take the draft over to the version that holds now; what was typed stays."""
    _require_open(row)
    row.version_id = version.id
    known = {one.name for one in forms.of(version.form, row.language).fields if one.takes_files}
    for file in files(session, row.id):
        if file.field and file.field not in known:
            file.field = ""  # its field is gone: it goes along as a free one


def follow_newest(session: Session, draft_id: int) -> None:
    """Take a draft over to the version that its service has now. Raises ServiceWithdrawn."""
    row = session.scalars(select(Draft).where(Draft.id == draft_id).with_for_update()).one()
    if row.filed_at is None:
        follow(session, row, services.deployed(session, row.body_id, row.service_code))


def add_files(
    session: Session,
    row: Draft,
    version: ServiceVersion,
    uploads: Sequence[documents.Upload],
    *,
    field: str = "",
) -> None:
    """Put files to a field of the form, or ("") beside it. The same bytes count once.

    Raises TooManyFiles, WrongKindOfFile, DraftFiled; `field` of the error is the one to blame.
    """
    _require_open(row)
    wanted = forms.of(version.form, row.language).field(field) if field else None
    if field and (wanted is None or not wanted.takes_files):
        raise WrongKindOfFile(t("This field takes no file."), field=field)
    there = files(session, row.id)
    for upload in uploads:
        if wanted is not None:
            _require_kind(wanted, upload)
        _require_room(there, upload, wanted, version)
        made = session.scalar(
            insert(DraftFile)
            .values(
                draft_id=row.id,
                field=field,
                name=upload.name,
                sha256=upload.sha256,
                size=upload.size,
                media_type=upload.media_type,
                waits_for_check=upload.waits_for_check,
                added_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(DraftFile.id)
        )
        if made is not None:
            there.append(session.get_one(DraftFile, made))
    row.saved_at = clock.now()


def _require_kind(wanted: forms.FormField, upload: documents.Upload) -> None:
    ending = f".{upload.name.rpartition('.')[2].lower()}"
    if wanted.accept and ending not in {one.lower() for one in wanted.accept}:
        raise WrongKindOfFile(
            t(
                "“{name}” cannot be taken here. Files of these kinds can: {kinds}.",
                name=upload.name,
                kinds=", ".join(wanted.accept),
            ),
            field=wanted.name,
        )


def _require_room(
    there: Sequence[DraftFile],
    upload: documents.Upload,
    wanted: forms.FormField | None,
    version: ServiceVersion,
) -> None:
    name = wanted.name if wanted else "attachments"
    here = [one for one in there if one.field == (wanted.name if wanted else "")]
    if any(one.sha256 == upload.sha256 for one in here):
        return
    most = wanted.max_files if wanted else version.definition.max_attachments
    if len(here) >= most:
        raise TooManyFiles(t("At most {max} files are taken here.", max=most), field=name)
    if len(there) >= MOST_FILES:
        raise TooManyFiles(
            t("An application takes at most {max} files. Put pages together.", max=MOST_FILES),
            field=name,
        )
    if sum(one.size for one in there) + upload.size > MOST_BYTES:
        raise TooManyFiles(
            t("The files of an application have at most {max} MB together.", max=MOST_BYTES >> 20),
            field=name,
        )


def drop_file(session: Session, row: Draft, file_id: int) -> None:
    """Leave a file out again."""
    _require_open(row)
    session.execute(delete(DraftFile).where(DraftFile.draft_id == row.id, DraftFile.id == file_id))


def files(session: Session, draft_id: int) -> list[DraftFile]:
    return list(
        session.scalars(
            select(DraftFile).where(DraftFile.draft_id == draft_id).order_by(DraftFile.id)
        )
    )


def by_field(found: Sequence[DraftFile]) -> dict[str, list[str]]:
    """The names of the files by field, as the form's values have them."""
    named: dict[str, list[str]] = {}
    for one in found:
        named.setdefault(one.field, []).append(one.name)
    return named


def of_account(session: Session, account_id: int, *, language: str) -> list[DraftLine]:
    """What its owner has not sent yet, the newest first."""
    rows = session.scalars(
        select(Draft)
        .where(
            Draft.account_id == account_id,
            Draft.filed_at.is_(None),
            Draft.expires_at > clock.now(),
        )
        .order_by(Draft.saved_at.desc())
        .limit(50)
    )
    return [
        DraftLine(
            row.token,
            row.service_code,
            services.version(session, row.version_id).title(language),
            row.saved_at,
            row.expires_at,
        )
        for row in rows
    ]


def throw_away(session: Session, row: Draft) -> None:
    """The citizen does not want it any more. Raises DraftFiled."""
    _require_open(row)
    session.execute(delete(DraftFile).where(DraftFile.draft_id == row.id))
    session.delete(row)


@outbox.job(FORGET)
def forget(run: outbox.Run) -> None:
    """What was not sent for 30 days goes, with the names of its files; objects go by the sweep.

    What the owner of an account began that is over goes at once.
    """
    over = select(Account.id).where(Account.state != AccountState.OPEN)
    with run.office.db.begin() as session:
        old = select(Draft.id).where(
            or_(Draft.expires_at < clock.now(), Draft.account_id.in_(over)),
            Draft.filed_at.is_(None),
        )
        ids = list(session.scalars(old.limit(1000).with_for_update(skip_locked=True)))
        session.execute(delete(DraftFile).where(DraftFile.draft_id.in_(ids)))
        session.execute(delete(Draft).where(Draft.id.in_(ids)))


schedule.every(FORGET, timedelta(hours=6))


@accounts.after_merge
def _move(session: Session, stays: int, goes: int, by: object) -> None:
    for row in session.scalars(select(Draft).where(Draft.account_id == goes)):
        row.account_id = stays


def require_electronic(version: ServiceVersion) -> None:
    """Raises NotElectronic."""
    if not services.may_be_filed(version):
        raise NotElectronic(
            t("This service is not applied for here. Its page says where to ask for it.")
        )


def _require_open(row: Draft) -> None:
    if row.filed_at is not None:
        raise DraftFiled(t("This form was sent already. Its page shows the number that it got."))


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
