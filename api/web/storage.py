"""The store of the files, legal holds and erasures: what is kept, and what may go."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address, At, RowId
from api.web.entries import entry_context
from api.web.render import page
from docflow import audit, custody, outbox
from docflow.errors import Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()


class NoSuchAct(NotFound):
    """There is no such thing to do here."""


@router.get("/storage")
def state(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Does the store hold its word, are the bytes as they were put, what lies there unused?"""
    with office.db.read() as session:
        found = custody.state.state(session, office.settings, by=by)
    return page(
        request,
        "web/storage.html",
        store=found,
        broken=custody.BROKEN,
        hold_link=_may_see_holds(by),
    )


@router.post("/storage/{act}")
def begin(act: str, by: CurrentUser, office: TheOffice) -> Response:
    """Have the store probed, its bytes checked, or its orphans looked for, now."""
    custody.state.require(by)
    with office.db.begin() as session:
        match act:
            case "probe":
                custody.probe.soon(session)
            case "digests":
                custody.digests.begin(session)
            case "orphans":
                outbox.enqueue(session, custody.orphans.TASK)
            case _:
                raise NoSuchAct(t("There is no such page."))
        audit.record(session, f"store.{act}-asked", by=by, subject=("store", 0))
    return RedirectResponse(f"/storage?done=store-{act}", 303)


@router.get("/holds")
def holds(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Legal holds and erasures, those that wait for a decision first."""
    return _holds(request, office, by)


@router.post("/entries/{book}/{year}/{number}/hold")
def place(request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Put a legal hold on the entry."""
    try:
        with office.db.begin() as session:
            entry = custody.reach.numbered(session, at.book, at.year, at.number, by=by)
            back = _after(session, at, entry.id, by)
            custody.holds.place(session, entry.id, forms.text(form, "reason"), by=by)
    except Invalid as error:
        return _back(request, at, office, by, error, act="hold", form=form)
    return RedirectResponse(f"{back}?done=hold", 303)


@router.post("/entries/{book}/{year}/{number}/erasure")
def ask(request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Ask that the personal data of the entry be erased."""
    try:
        with office.db.begin() as session:
            entry = custody.reach.numbered(session, at.book, at.year, at.number, by=by)
            back = _after(session, at, entry.id, by)
            custody.erasure.ask(
                session,
                entry.id,
                basis=forms.text(form, "basis"),
                reason=forms.text(form, "reason"),
                by=by,
            )
    except Invalid as error:
        return _back(request, at, office, by, error, act="erasure", form=form)
    return RedirectResponse(f"{back}?done=erasure", 303)


@router.post("/holds/{hold_id}/release")
def release(
    request: Request, hold_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Take a hold away."""
    try:
        with office.db.begin() as session:
            custody.holds.release(session, hold_id, forms.text(form, "reason"), by=by)
    except Invalid as error:
        return _holds(request, office, by, error=error, prefix=f"release-{hold_id}-")
    return RedirectResponse("/holds?done=hold-released", 303)


@router.post("/erasures/{erasure_id}/{decision}")
def decide(
    request: Request,
    erasure_id: RowId,
    decision: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Approve or refuse what another asked for."""
    try:
        with office.db.begin() as session:
            if decision == "approve":
                custody.erasure.approve(session, erasure_id, by=by)
            elif decision == "refuse":
                reason = forms.text(form, "reason")
                custody.erasure.refuse(session, erasure_id, reason=reason, by=by)
            else:
                raise NoSuchAct(t("There is no such page."))
    except Invalid as error:
        return _holds(request, office, by, error=error, prefix=f"refuse-{erasure_id}-")
    return RedirectResponse(f"/holds?done=erasure-{decision}", 303)


def _after(session: Session, at: Address, entry_id: int, by: Principal) -> str:
    """The page of the entry; the list of holds for the officer, who does not see the entry."""
    return at.path if custody.reach.sees(session, entry_id, by=by) else "/holds"


def _may_see_holds(by: Principal) -> bool:
    return custody.reach.may_decide(by) or by.is_auditor


def _holds(
    request: Request,
    office: Office,
    by: Principal,
    *,
    error: Invalid | None = None,
    prefix: str = "",
) -> Response:
    by.require(
        _may_see_holds(by),
        t("Legal holds and erasures are for the head of the registry, auditors and the officer."),
    )
    with office.db.read() as session:
        held = custody.holds.holds(session, by=by)
        asked = custody.erasure.requests(session, by=by)
    errors: dict[str, Text] = {error.field or "reason": error.message} if error else {}
    return page(
        request,
        "web/holds.html",
        status_code=problems.status_of(error) if error else 200,
        holds=held,
        erasures=asked,
        may_hold=custody.reach.may_decide(by),
        me=by.user_id,
        errors=errors,
        error_prefix=prefix,
    )


def _back(
    request: Request,
    at: At,
    office: Office,
    by: Principal,
    error: Invalid,
    *,
    act: str,
    form: TheForm,
) -> Response:
    """The entry's page again, with what was typed and what is wrong."""
    with office.db.read() as session:
        entry = custody.reach.numbered(session, at.book, at.year, at.number, by=by)
        is_seen = custody.reach.sees(session, entry.id, by=by)
    if not is_seen:
        return _holds(request, office, by, error=error)
    with office.db.read() as session:
        context = entry_context(session, at.entry(session, by), by)
    return page(
        request,
        "web/entry.html",
        status_code=problems.status_of(error),
        just_registered=False,
        open_act=act,
        typed={name: forms.text(form, name) for name in ("reason", "basis")},
        chosen=(),
        errors={error.field or "reason": error.message},
        **context,
    )
