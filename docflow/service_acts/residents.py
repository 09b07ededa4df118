"""Who lives in the municipality for good: the list that the office gives, and the look-up in it.

Each list replaces the one before: who is not in it any more is removed. ΑΦΜ and ΑΜΚΑ are kept as
keyed digests only; with another key of the installation the list must be given again.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, case, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict
from docflow.folding import words
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.service_acts import resident_tables
from docflow.service_acts.models import Resident, ResidentList
from docflow.settings import Settings

_BATCH = 5_000  # rows of one statement
_PIECE, _MOST_BYTES = 1 << 20, 200 << 20
_FEW = 20  # so many may always go without a question
_SHARE = 0.1  # of the list, beyond which a removal is asked about
_POSTAL_CODE = re.compile(r"\b[0-9]{3} ?[0-9]{2}\b")
_OF_ADDRESSES = {*words("Οδός οδού οδ αρ αριθ αριθμός τκ Τ Κ")}  # say nothing of their own
ONLY_ADMINISTRATORS = t("Only administrators keep the register of residents.")


class ManyRemoved(Conflict):
    """The list lacks many who stood in the one before."""


@dataclass(frozen=True, slots=True)
class ListInfo:
    """What a list changed, and who gave it."""

    id: int
    file_name: str
    file_sha256: str
    rows: int
    entered: int
    changed: int
    removed: int
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Residence:
    """What the register says of a person."""

    name: str
    address: str
    lives_since: date


def may_keep(by: Principal) -> bool:
    return by.is_administrator


def take(
    office: Office, path: Path, *, name: str, by: Principal, removal_is_meant: bool = False
) -> ListInfo:
    """Let the list in the file hold from now on, or change nothing.

    Raises BadResidents with every fault by its row, ManyRemoved unless `removal_is_meant`,
    NotAllowed, NoTable, TableTooLarge.
    """
    by.require_scope("administer")
    by.require(may_keep(by), ONLY_ADMINISTRATORS)
    people = resident_tables.read(path, today=clock.today(office.settings.zone))
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    rows = [_keyed(person, office.settings, by.body_id) for person in people]
    with office.db.begin() as session:
        # Two lists at once do not mix: the second one waits here.
        session.get_one(organization.Body, by.body_id, with_for_update={"key_share": True})
        taken = _replace(session, rows, name[:300], sha256, by, removal_is_meant)
        audit.record(
            session,
            "residents.taken",
            by=by,
            subject=("body", by.body_id),
            list=taken.id,
            rows=taken.rows,
            entered=taken.entered,
            changed=taken.changed,
            removed=taken.removed,
            sha256=sha256,
        )
        return _info(taken, by.full_name)


def take_stream(
    office: Office, stream: BinaryIO, *, name: str, by: Principal, removal_is_meant: bool = False
) -> ListInfo:
    """`take` of a file that is being received; its bytes are gone when it ends."""
    by.require(may_keep(by), ONLY_ADMINISTRATORS)  # before anything of it is kept
    with TemporaryDirectory(prefix="docflow-residents-") as folder:
        path = Path(folder) / "list"
        with path.open("wb") as target:
            size = 0
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > _MOST_BYTES:
                    raise resident_tables.BadResidents(
                        t("The file is larger than {max} MB.", max=_MOST_BYTES >> 20)
                    )
                target.write(piece)
        return take(office, path, name=name, by=by, removal_is_meant=removal_is_meant)


def lists(session: Session, *, by: Principal, limit: int = 50) -> list[ListInfo]:
    """The lists that were given, the newest first. Raises NotAllowed."""
    by.require_scope("administer")
    by.require(may_keep(by), ONLY_ADMINISTRATORS)
    rows = session.scalars(
        select(ResidentList)
        .where(ResidentList.body_id == by.body_id)
        .order_by(ResidentList.id.desc())
        .limit(limit)
    ).all()
    names = organization.names(session, [row.taken_by for row in rows])
    return [_info(row, names.get(row.taken_by, "")) for row in rows]


def count(session: Session, body_id: int) -> int:
    return _count(session, body_id)


def _count(session: Session, body_id: int, *those: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Resident).where(Resident.body_id == body_id, *those)
    return session.scalar(query) or 0


def find(
    session: Session,
    settings: Settings,
    *,
    body_id: int,
    tax_number: str = "",
    social_number: str = "",
) -> Residence | None:
    """What the register says of who has these numbers; where both are given, both must fit."""
    wanted = _conditions(settings, body_id, tax_number, social_number)
    if not wanted:
        return None
    row = session.scalar(select(Resident).where(Resident.body_id == body_id, *wanted).limit(1))
    return Residence(row.name, row.address, row.lives_since) if row is not None else None


def is_same_name(one: str, other: str) -> bool:
    """Whether two people wrote the same name, in whatever order, case and accents."""
    return bool(words(one)) and sorted(words(one)) == sorted(words(other))


def is_same_address(one: str, other: str) -> bool:
    """Whether nothing in an address contradicts another: who wrote less wrote the same.

    Numbers of houses must be the same where both have one; a postal code may be missing.
    """
    ours, theirs = _place(one), _place(other)
    if not ours or not theirs or not (ours <= theirs or theirs <= ours):
        return False
    numbers = [{word for word in place if word[0].isdigit()} for place in (ours, theirs)]
    return not all(numbers) or numbers[0] == numbers[1]


def _place(address: str) -> set[str]:
    """The words of an address that tell it from another."""
    found = _POSTAL_CODE.sub(" ", address)
    return set(words(found)) - _OF_ADDRESSES


def _conditions(
    settings: Settings, body_id: int, tax_number: str, social_number: str
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if tax_number:
        found.append(Resident.person_key == _key(settings, body_id, "tax", tax_number))
    if social_number:
        social = _key(settings, body_id, "social", social_number)
        found.append(or_(Resident.social_key == social, Resident.person_key == social))
    return found


Row = dict[str, object]


def _keyed(person: resident_tables.Person, settings: Settings, body_id: int) -> Row:
    social = (
        _key(settings, body_id, "social", person.social_number) if person.social_number else None
    )
    tax = _key(settings, body_id, "tax", person.tax_number) if person.tax_number else None
    return {
        "body_id": body_id,
        "person_key": tax or social,
        "social_key": social,
        "name": person.name,
        "address": person.address,
        "lives_since": person.lives_since,
    }


def _key(settings: Settings, body_id: int, kind: str, number: str) -> bytes:
    """A keyed digest: nine digits alone are tried out in seconds."""
    secret = settings.vault_key or settings.secret_key
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"docflow residents 1")
    key = derive.derive(secret.get_secret_value().encode())
    digits = "".join(number.split())
    return hmac.new(key, f"{body_id}:{kind}:{digits}".encode(), hashlib.sha256).digest()


def _replace(
    session: Session,
    rows: Sequence[Row],
    name: str,
    sha256: str,
    by: Principal,
    removal_is_meant: bool,
) -> ResidentList:
    before = count(session, by.body_id)
    taken = ResidentList(
        body_id=by.body_id,
        file_name=name,
        file_sha256=sha256,
        rows=len(rows),
        entered=0,
        changed=0,
        removed=0,
        taken_by=by.person_id,
    )
    session.add(taken)
    session.flush()  # its id, for the rows
    for start in range(0, len(rows), _BATCH):
        some = [{**row, **_marks(taken.id)} for row in rows[start : start + _BATCH]]
        session.execute(_upsert(), some)
    list_id = taken.id
    gone = delete(Resident).where(Resident.body_id == by.body_id, Resident.list_id != list_id)
    removed = len(session.execute(gone.returning(Resident.id)).all())
    if removed > max(_FEW, before * _SHARE) and not removal_is_meant:
        raise ManyRemoved(
            t(
                "{removed} of {before} residents are missing in this list and would be removed. "
                "If the list is whole, say so and send it again. Nothing was taken over.",
                removed=removed,
                before=before,
            ),
            field="removal_is_meant",
        )
    is_new = Resident.entered_list_id == list_id
    taken.removed = removed
    taken.entered = _count(session, by.body_id, is_new)
    taken.changed = _count(session, by.body_id, Resident.changed_list_id == list_id, ~is_new)
    return taken


def _marks(list_id: int) -> Row:
    return {"list_id": list_id, "entered_list_id": list_id, "changed_list_id": list_id}


def _upsert() -> Insert:
    """Enter who is new; of the others note that the list names them, and what it changes."""
    new = insert(Resident)
    told = new.excluded
    before = tuple_(Resident.name, Resident.address, Resident.lives_since, Resident.social_key)
    now = tuple_(told.name, told.address, told.lives_since, told.social_key)
    return new.on_conflict_do_update(
        index_elements=["body_id", "person_key"],
        set_={
            "name": told.name,
            "address": told.address,
            "lives_since": told.lives_since,
            "social_key": told.social_key,
            "list_id": told.list_id,
            "changed_list_id": case(
                (before.is_distinct_from(now), told.list_id), else_=Resident.changed_list_id
            ),
        },
    )


def _info(row: ResidentList, taken_by: str) -> ListInfo:
    return ListInfo(
        id=row.id,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        rows=row.rows,
        entered=row.entered,
        changed=row.changed,
        removed=row.removed,
        taken_by=taken_by,
        taken_at=row.taken_at,
    )
