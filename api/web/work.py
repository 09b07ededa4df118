"""Work lists, and the acts of routing on an entry's page."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import counts, forms
from api.web.address import Address, At, Start
from api.web.entries import entry_context
from api.web.render import page
from docflow import circulation, clock, organization, registry, routing
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Priority
from docflow.routing import Basket, Target

router = APIRouter()
PAGE_SIZE = 50


@router.get("/work")
def work(
    request: Request, by: CurrentUser, office: TheOffice, basket: str = "", start: Start = 0
) -> Response:
    """The person's work lists with their counts, one of them open."""
    with office.db.read() as session:
        counts = routing.counts(session, by=by)
        awaiting = circulation.awaiting_count(session, by=by)
        chosen = Basket(basket) if basket in set(Basket) else _first(by, counts)
        lines = routing.basket(session, chosen, by=by, offset=start, limit=PAGE_SIZE)
    return page(
        request,
        "web/worklist.html",
        counts=counts,
        awaiting_count=awaiting,
        basket=chosen,
        baskets=list(Basket),
        lines=lines,
        start=start,
        page_size=PAGE_SIZE,
        today=clock.today(),
    )


def _first(by: Principal, counts: Mapping[Basket, int]) -> Basket:
    """A head begins with what is to be charged, others with their own items."""
    if by.headed_unit_ids and counts[Basket.TO_CHARGE]:
        return Basket.TO_CHARGE
    return Basket.MINE if counts[Basket.MINE] or not counts[Basket.UNIT] else Basket.UNIT


Act = Callable[[Session, int, FormData, Principal], object]


def _mark(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.mark(
        session,
        entry_id,
        by=by,
        priority=forms.choice(form, "priority", Priority, otherwise=Priority.NORMAL),
        instructions=forms.text(form, "instructions"),
        due_on=forms.day(form, "due_on"),
    )


def _charge(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    """Marking and charging are one form: a head does both with one press."""
    if forms.text(form, "priority"):
        _mark(session, entry_id, form, by)
    routing.charge(
        session,
        entry_id,
        by=by,
        to=_target(forms.text(form, "target")),
        inform=[_target(value) for value in forms.texts(form, "inform")],
        instructions=forms.text(form, "instructions"),
    )


def _accept(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.accept(session, entry_id, by=by)


def _return(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.send_back(session, entry_id, by=by, reason=forms.text(form, "reason"))


def _pass_on(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.pass_on(
        session,
        entry_id,
        by=by,
        to=_target(forms.text(form, "target")),
        instructions=forms.text(form, "instructions"),
    )


def _inform(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    targets = [_target(value) for value in forms.texts(form, "inform")]
    if not targets:
        raise routing.BadTarget(t("Choose whom to inform."), field="inform")
    instructions = forms.text(form, "instructions")
    routing.inform(session, entry_id, by=by, targets=targets, instructions=instructions)


def _note(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.acknowledge(session, forms.optional_id(form, "charge_id") or 0, by=by)


def _file(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.file(session, entry_id, by=by, reason=forms.text(form, "reason"))


def _reopen(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.reopen(session, entry_id, by=by, reason=forms.text(form, "reason"))


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
    "mark": _mark,
    "charge": _charge,
    "accept": _accept,
    "return": _return,
    "pass-on": _pass_on,
    "inform": _inform,
    "note": _note,
    "file": _file,
    "reopen": _reopen,
    "annul": _annul,
    "approve-annulment": _approve,
    "refuse-annulment": _refuse,
    "withdraw-annulment": _withdraw,
    "relate": _relate,
    "unrelate": _unrelate,
}


def _target(value: str) -> Target:
    """A choice of the form "unit" or "unit:person", both ids. Raises BadTarget."""
    unit, _, person = value.partition(":")
    if not unit.isdecimal() or (person and not person.isdecimal()) or len(value) > 32:
        raise routing.BadTarget(t("Choose a unit or a person."), field="target")
    return Target(int(unit), int(person) if person else None)


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
    except (Invalid, Conflict, organization.NoSuchUnit, organization.NoSuchUser) as error:
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
    return page(
        request,
        "web/entry.html",
        status_code=422 if isinstance(error, NotFound) else problems.status_of(error),
        just_registered=False,
        open_act=f"unrelate-{forms.text(form, 'relation_id')}" if act == "unrelate" else act,
        typed=forms.as_typed(form),
        chosen=forms.texts(form, "inform"),
        errors={error.field or "form": error.message},
        **context,
    )
