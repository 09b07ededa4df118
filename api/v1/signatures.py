"""/api/v1: the caller's key, checks of signatures, exact copies, re-issue, proofs of time."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

import signing
from api.deps import TheOffice
from api.streams import stored_file
from api.v1 import opening
from api.v1.address import At
from api.v1.fields import Body, Day, Id, Line, Needed, Position
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Drafter, Reader, Registrar, Signer
from docflow import circulation, clock, documents, registry, signatures, verdicts
from docflow.i18n import t
from docflow.signatures import CopyKind, NewCopy, copies, lasting, validating

router = APIRouter(tags=["signatures"], route_class=ReadRoute)
_ENTRY = "/entries/{book}/{year}/{number}"
_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


class Key(BaseModel):
    """Where the caller's key lies, and what signing with it asks for."""

    kind: signatures.KeyKind
    service: str = Field(description="Name of the signing service, or empty.")
    subject: str
    issuer: str
    not_after: datetime
    asks: list[str] = Field(
        description="`password`, `pin`, `otp`; or `elsewhere`: take the document and bring it back."
    )


@router.get("/keys/own")
def own_key(by: Signer, office: TheOffice) -> Key:
    """The caller's key. 404 where there is none."""
    with office.db.read() as session:
        row = signatures.keys.of_person(session, by.person_id)
    asks = signatures.services.asks(office.settings, row)
    names = ("password", "pin", "otp", "elsewhere")
    return Key(
        kind=signatures.KeyKind(row.kind),
        service=row.provider,
        subject=row.subject,
        issuer=row.issuer,
        not_after=row.not_after,
        asks=[name for name in names if getattr(asks, name)],
    )


class OtpWanted(Body):
    """The password at the signing service; used once, kept and logged nowhere."""

    password: SecretStr = Field(SecretStr(""), max_length=1000)


class OtpSent(BaseModel):
    sent_to: str = Field(description="mail, phone, or empty where the service does not say.")


@router.post("/keys/own/one-time-password")
def send_otp(body: OtpWanted, by: Signer, office: TheOffice) -> OtpSent:
    """Have a one-time password sent to the caller, for his next signature."""
    secrets = signatures.Secrets(password=body.password.get_secret_value())
    return OtpSent(sent_to=signatures.send_otp(office, secrets=secrets, by=by))


class Checked(BaseModel):
    """One signature, seal or document time-stamp."""

    field: str
    kind: str
    verdict: str = Field(examples=["valid"])
    verdict_text: str
    integrity: str
    trust: str
    level: str | None
    signer: str | None
    time: datetime | None
    time_source: str | None
    indication: str = Field(description="ETSI EN 319 102-1.", examples=["total-passed"])
    sub_indication: str
    reasons: list[str]
    reason_texts: list[str]


class Report(BaseModel):
    """The verdict on a file: valid, valid-but, unconfirmed, invalid, or unsigned."""

    verdict: str
    verdict_text: str = Field(examples=["Valid"])
    integrity: str
    signatures: list[Checked]


class KeptReport(Report):
    state: signatures.ValidationState
    checked_at: datetime | None


@router.post("/validations")
def validate(
    file: UploadFile,
    by: Reader,
    office: TheOffice,
    language: Language,
    content: UploadFile | None = None,
) -> Report:
    """Check the signatures of a file, which is not kept. `content`: what a `.p7s` is over."""
    limit = office.settings.max_upload_mb << 20
    data = file.file.read(limit + 1)
    over = content.file.read(limit + 1) if content is not None else None
    if len(data) > limit or len(over or b"") > limit:
        raise documents.TooLarge(
            t("The file is larger than {max} MB.", max=office.settings.max_upload_mb), field="file"
        )
    report = validating.check(office, data, body_id=by.body_id, content=over)
    return Report(**_report(report, language))


@router.get(_ENTRY + "/files/{position}/signatures")
def of_file(
    entry: opening.OfFile, position: Position, office: TheOffice, language: Language
) -> KeptReport:
    """What the check of a file said when it came in, or the last time it was asked for."""
    with office.db.read() as session:
        row = _validation(session, entry, position)
    shown: dict[str, Any] = {
        "verdict": "",
        "verdict_text": "",
        "integrity": "",
        "signatures": [],
    }
    if row.report is not None:
        shown = _report(validating.report_of(row), language)
    state = signatures.ValidationState(row.state)
    return KeptReport(**shown, state=state, checked_at=row.checked_at)


@router.post(_ENTRY + "/files/{position}/signatures", status_code=202)
def check_again(at: At, position: Position, by: Reader, office: TheOffice) -> dict[str, str]:
    """Have the signatures of a file checked once more."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        row = _validation(session, entry, position)
        validating.again(session, row.file_id, by=by)
    return {"state": "pending"}


class Copy(BaseModel):
    """A copy that an authorised person issued."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    kind: CopyKind
    sha256: str
    size: int
    name: str
    capacity: str
    purpose: str
    paper_place: str
    destroy_after: date | None
    issued_at: datetime
    code: str = Field(
        description="Verification code of the copy.", examples=["7K3M-Q2XP-94TD-0AVE"]
    )


class Copies(BaseModel):
    items: list[Copy]


class WantedCopy(Body):
    kind: CopyKind = CopyKind.EXACT
    file: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(description="Place of the file.")
    purpose: Line = ""
    paper_place: Line = Field("", description="Of a digitised copy: where the paper is kept.")
    destroy_after: Day | None = Field(None, description="Five years on at least; default: those.")


@router.get(_ENTRY + "/copies")
def listing(entry: opening.OfEntry, office: TheOffice) -> Copies:
    """The log of an entry's copies."""
    with office.db.read() as session:
        return Copies(items=[_copy(row) for row in copies.of_entry(session, entry.id)])


@router.post(_ENTRY + "/copies", status_code=201)
def issue(
    at: At, body: WantedCopy, by: Registrar, office: TheOffice, response: Response
) -> Copy | None:
    """Issue an exact or digitised copy: statement, name, capacity, date, seal, own code.

    202 without a body where the seal is with another process: the copy is listed a moment later.
    """
    with office.db.read() as session:
        entry_id = at.entry(session, by).id
    wanted = NewCopy(
        body.kind,
        body.file,
        purpose=body.purpose,
        paper_place=body.paper_place,
        destroy_after=body.destroy_after,
    )
    made = copies.order(office, entry_id, wanted, by=by)
    if made is None:
        response.status_code = 202
        return None
    return _copy(made)


@router.get(_ENTRY + "/copies/{position}", response_class=Response, responses=_PDF)
def content(entry: opening.OfCopy, position: Position, office: TheOffice) -> Response:
    """The PDF of a copy, with the proofs added since it was issued."""
    with office.db.read() as session:
        sha256 = lasting.current(session, copies.one(session, entry.id, position).sha256)
    name = f"copy-{registry.places.word(entry)}-{entry.year}-{position}.pdf"
    return stored_file(office, sha256=sha256, name=name, media_type="application/pdf")


class Correction(Body):
    reason: Needed = Field(description="What is corrected; it is printed.")


class Begun(BaseModel):
    draft: int
    href: str


@router.post(_ENTRY + "/reissue", status_code=201)
def reissue(at: At, body: Correction, by: Drafter, office: TheOffice) -> Begun:
    """Begin the corrected re-issue (ορθή επανάληψη): a draft with the text that was issued."""
    with office.db.read() as session:
        entry_id = at.entry(session, by).id
    draft = circulation.begin_reissue(office, entry_id, reason=body.reason, by=by)
    return Begun(draft=draft.id, href=f"/api/v1/drafts/{draft.id}")


class GivenOut(BaseModel):
    """What went out to be signed elsewhere."""

    field: str = Field(description="Sign in this field.")
    sha256: str = Field(description="Of the document that went out.")
    digest: str | None = Field(None, description="SHA-256 to be signed, hexadecimal.")


class Value(Body):
    value: Annotated[str, Field(max_length=4096)] = Field(
        description="The signature over `digest`: hexadecimal or base64."
    )


class DraftState(BaseModel):
    state: circulation.DraftState


@router.post("/drafts/{draft_id}/elsewhere/document", response_class=Response, responses=_PDF)
def take(draft_id: Id, by: Signer, office: TheOffice) -> Response:
    """Take the PDF to be signed elsewhere; `X-Signature-Field` names the field."""
    out = circulation.give_out(office, draft_id, by=by)
    response = stored_file(
        office,
        sha256=out.sha256,
        name=f"draft-{draft_id}.pdf",
        media_type="application/pdf",
        download=True,
    )
    response.headers["X-Signature-Field"] = out.field
    return response


@router.post("/drafts/{draft_id}/elsewhere/digest")
def take_digest(draft_id: Id, by: Signer, office: TheOffice) -> GivenOut:
    """Prepare the signature with the caller's certificate; its digest is signed elsewhere."""
    out = circulation.give_digest(office, draft_id, by=by)
    return GivenOut(field=out.field, sha256=out.sha256, digest=out.digest.hex())


@router.post("/drafts/{draft_id}/elsewhere/signed")
def bring(draft_id: Id, file: UploadFile, by: Signer, office: TheOffice) -> DraftState:
    """Bring the signed file back: the same document with the caller's one signature."""
    limit = office.settings.max_upload_mb << 20
    data = file.file.read(limit + 1)
    if len(data) > limit:
        raise documents.TooLarge(
            t("The file is larger than {max} MB.", max=office.settings.max_upload_mb), field="file"
        )
    return DraftState(state=circulation.bring_back(office, draft_id, data, by=by))


@router.post("/drafts/{draft_id}/elsewhere/value")
def bring_value(draft_id: Id, body: Value, by: Signer, office: TheOffice) -> DraftState:
    """Put in the value that was computed over the digest."""
    return DraftState(state=circulation.bring_value(office, draft_id, body.value, by=by))


class Sealed(BaseModel):
    """A signed document that is kept verifiable."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: signatures.SealedKind
    level: signatures.Level
    wanted: signatures.Level
    is_time_pending: bool = Field(description="Time proof pending: no service answered yet.")
    problem: str
    renew_before: datetime | None
    holds: bool | None = Field(description="What a verifier will say before the next renewal.")
    current_sha256: str


class Expiring(BaseModel):
    items: list[Sealed]
    pending: int


@router.get("/signing/expiring")
def expiring(by: Administrator, office: TheOffice, before: Day | None = None) -> Expiring:
    """Documents whose proofs are pending, will not hold, or end before the day."""
    by.require(by.is_administrator, t("Only an administrator sees this page."))
    zone = office.settings.zone
    moment = registry.midnight(before, zone) if before else clock.now()
    with office.db.read() as session:
        rows = lasting.expiring(session, by.body_id, before=moment)
        pending = lasting.counts(session, by.body_id)["pending"]
        return Expiring(items=[Sealed.model_validate(row) for row in rows], pending=pending)


def _validation(
    session: Session, entry: registry.Entry, position: int
) -> signatures.FileValidation:
    file = documents.file_at(session, entry.id, position)
    found = validating.of_files(session, [file.id]).get(file.id)
    if found is None:
        raise signatures.NoReport(t("This file can bear no signature that is checked here."))
    return found


def _copy(row: signatures.ExactCopy) -> Copy:
    shape = Copy.model_validate(row)
    return shape.model_copy(update={"code": registry.codes.shown(row.code)})


def _report(report: "signing.Report", language: str) -> dict[str, Any]:
    return {
        "verdict": report.verdict.value,
        "verdict_text": verdicts.word(report.verdict).in_language(language),
        "integrity": report.integrity.value,
        "signatures": [_signature(one, language) for one in report.signatures],
    }


def _signature(one: "signing.SignatureReport", language: str) -> Checked:
    main, sub = signing.indication(one)
    return Checked(
        **{**one.as_json(), "time": one.time},
        verdict_text=verdicts.word(one.verdict).in_language(language),
        indication=main,
        sub_indication=sub or "",
        reason_texts=[verdicts.reason(code).in_language(language) for code in one.reasons],
    )
