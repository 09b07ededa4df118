"""The acts of routing on an entry's page."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import case_file_card, clocks, counts, forms
from api.web.address import Address, At
from api.web.entries import entry_context
from api.web.handling import ACTS, Act, form_name, seen, target, unsent
from api.web.render import page
from docflow import organization, registry, routing
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Priority

router = APIRouter()


def _mark(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.mark(
        session,
        entry_id,
        by=by,
        priority=forms.choice(form, "priority", Priority, otherwise=Priority.NORMAL),
        instructions=forms.text(form, "instructions"),
        due_on=forms.day(form, "due_on"),
        seen=seen(form),
    )


def _charge(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    """Marking and charging are one form: a head does both with one press, now or for a day."""
    marks = bool(forms.text(form, "priority"))
    if marks:
        _mark(session, entry_id, form, by)
    routing.planned.charge(
        session,
        entry_id,
        by=by,
        to=target(forms.text(form, "target")),
        on=forms.day(form, "on_day"),
        inform=[target(value) for value in forms.texts(form, "inform")],
        instructions=forms.text(form, "instructions"),
        seen=None if marks else seen(form),  # the marking has looked, and moved it on
    )


def _accept(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.accept(session, entry_id, by=by, seen=seen(form))


def _return(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    routing.send_back(session, entry_id, by=by, reason=reason, seen=seen(form))


def _pass_on(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.pass_on(
        session,
        entry_id,
        by=by,
        to=target(forms.text(form, "target")),
        instructions=forms.text(form, "instructions"),
        seen=seen(form),
    )


def _inform(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    targets = [target(value) for value in forms.texts(form, "inform")]
    if not targets:
        raise routing.BadTarget(t("Choose whom to inform."), field="inform")
    instructions = forms.text(form, "instructions")
    routing.inform(session, entry_id, by=by, targets=targets, instructions=instructions)


def _note(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.acknowledge(session, forms.optional_id(form, "charge_id") or 0, by=by)


def _reopen(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    routing.reopen(session, entry_id, by=by, reason=reason, seen=seen(form))


def _annul(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    registry.request_annulment(
        session,
        entry_id,
        reason=forms.text(form, "reason"),
        authority=forms.text(form, "authority"),
        by=by,
    )


def _approve(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    registry.approve_annulment(session, forms.optional_id(form, "request_id") or 0, by=by)


def _refuse(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    request_id = forms.optional_id(form, "request_id") or 0
    registry.refuse_annulment(session, request_id, reason=forms.text(form, "reason"), by=by)


def _withdraw(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    registry.withdraw_annulment(session, forms.optional_id(form, "request_id") or 0, by=by)


def _relate(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    kind = forms.choice(form, "kind", registry.Relation, otherwise=registry.Relation.RELATED)
    other = registry.cited(session, forms.text(form, "other"), by=by)
    registry.relate(session, entry_id, other.id, kind, by=by)


def _unrelate(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    relation_id = forms.optional_id(form, "relation_id") or 0
    registry.unrelate(session, relation_id, reason=forms.text(form, "reason"), by=by)


_ACTS: Mapping[str, Act] = {
    **ACTS,
    **case_file_card.ACTS,
    **clocks.ACTS,
    "mark": _mark,
    "charge": _charge,
    "accept": _accept,
    "return": _return,
    "pass-on": _pass_on,
    "inform": _inform,
    "note": _note,
    "reopen": _reopen,
    "annul": _annul,
    "approve-annulment": _approve,
    "refuse-annulment": _refuse,
    "withdraw-annulment": _withdraw,
    "relate": _relate,
    "unrelate": _unrelate,
}


# What the person can mend or should know: his page comes back, with what he wrote.
_TOLD_ON_THE_PAGE: tuple[type[DocflowError], ...] = (
    Invalid,
    Conflict,
    routing.NotResponsible,
    organization.NoSuchUnit,
    organization.NoSuchUser,
    *case_file_card.TOLD,
)


@router.post("/entries/{book}/{year}/{number}/acts/{act}")
def do(
    request: Request, at: At, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Do one act; when it cannot be done the entry's page comes back, saying why."""
    if act not in _ACTS:
        raise registry.NoSuchEntry(t("There is no such page."))
    try:
        with office.db.begin() as session:
            _ACTS[act](session, at.entry(session, by).id, form, by)
        counts.forget(request, by)
    except _TOLD_ON_THE_PAGE as error:
        return _again(request, office, at, act, form, by, error)
    return RedirectResponse(f"{at.path}?done={act}", 303)


def _again(
    request: Request,
    office: Office,
    at: Address,
    act: str,
    form: FormData,
    by: Principal,
    error: DocflowError,
) -> Response:
    with office.db.read() as session:
        context = entry_context(session, at.entry(session, by), by)
    context["unsent"] = [
        *unsent(act, form, context["acts"], context["contributions"]),
        *clocks.unsent(act, form, context["clock"]),
    ]
    return page(
        request,
        "web/entry.html",
        status_code=422 if isinstance(error, NotFound) else problems.status_of(error),
        just_registered=False,
        open_act=form_name(act, form),
        typed=forms.as_typed(form),
        chosen=forms.texts(form, "also" if act == "ask" else "inform"),
        errors={error.field or "form": error.message},
        **context,
    )
