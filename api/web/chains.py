"""Chains of signatures: the one of a draft before it is sent, and those that units keep."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import circulation, organization
from docflow.circulation import ChainStep, Rule, StepKind, Who, chains
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import NoSuchUnit, NoSuchUser, deputies
from docflow.principal import Principal

router = APIRouter()
_EMPTY_ROWS = 3


@router.get("/drafts/{draft_id}/chain")
def of_draft(
    request: Request,
    draft_id: RowId,
    by: CurrentUser,
    office: TheOffice,
    chain: str = "",
    final_signer: str = "",
) -> Response:
    """The steps of a draft before it is sent, from a chain of the unit, to be changed."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        offered = chains.offered(session, body_id=draft.body_id, unit_id=draft.unit_id)
    taken = next((one for one in offered if str(one.id or "") == chain), offered[0])
    values = {**_typed(taken.steps), "chain": taken.name, "final_signer": final_signer}
    return _draft_page(request, office, by, draft_id, values, rows=_rows(len(taken.steps)))


@router.post("/drafts/{draft_id}/chain")
def send(
    request: Request, draft_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Show who would sign, or send the draft round so."""
    values, rows = forms.as_typed(form), _rows(_filled(form))
    try:
        steps = _steps(form)
        final = forms.optional_id(form, "final_signer")
        if forms.text(form, "act") != "send":
            with office.db.read() as session:
                draft = circulation.get(session, draft_id, by=by)
                planned = circulation.plan(session, draft, final_signer_id=final, steps=steps)
            return _draft_page(request, office, by, draft_id, values, rows=rows, planned=planned)
        name = forms.text(form, "chain")[:100]
        circulation.circulate(
            office, draft_id, by=by, final_signer_id=final, steps=steps, chain=name
        )
    except (Invalid, Conflict, Unavailable, NoSuchUser) as error:
        return _draft_page(request, office, by, draft_id, values, rows=rows, error=error)
    return RedirectResponse(f"/drafts/{draft_id}?done=circulate", 303)


@router.get("/chains")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The chains of the body, and the form for a new one."""
    return _chains_page(request, office, by, _typed(chains.STANDARD), rows=_rows(4))


@router.post("/chains")
def make(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep a chain. On an error the form comes back as it was."""
    try:
        steps = _steps(form)
        with office.db.begin() as session:
            unit_id = forms.optional_id(form, "unit")
            chains.make(session, forms.text(form, "name"), steps, unit_id=unit_id, by=by)
    except (Invalid, NoSuchUser, NoSuchUnit) as error:
        values, rows = forms.as_typed(form), _rows(_filled(form))
        return _chains_page(request, office, by, values, rows=rows, error=error)
    return RedirectResponse("/chains?done=chain-kept", 303)


@router.post("/chains/{chain_id}/retire")
def retire(chain_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Offer a chain no more."""
    with office.db.begin() as session:
        chains.retire(session, chain_id, by=by)
    return RedirectResponse("/chains?done=chain-retired", 303)


def _draft_page(
    request: Request,
    office: Office,
    by: Principal,
    draft_id: int,
    values: Mapping[str, str],
    *,
    rows: int,
    planned: Sequence[circulation.Planned] = (),
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        away = deputies.deputies_of(session, [one.user_id for one in planned])
        context = {
            "draft": draft,
            "signers": organization.signers(session, draft.body_id),
            "people": deputies.colleagues(session, by=by),
            "offered": chains.offered(session, body_id=draft.body_id, unit_id=draft.unit_id),
        }
    return page(
        request,
        "web/signing/draft_chain.html",
        status_code=problems.status_of(error) if error else 200,
        planned=planned,
        away=away,
        values=values,
        rows=rows,
        kinds=list(StepKind),
        rules=list(Rule),
        places=_PLACES,
        errors={(error.field or "form"): error.message} if error else {},
        **context,
    )


def _chains_page(
    request: Request,
    office: Office,
    by: Principal,
    values: Mapping[str, str],
    *,
    rows: int,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = [
            one
            for one in chains.offered(session, body_id=by.body_id, unit_id=None)
            if one.id is not None
        ]
        people = deputies.colleagues(session, by=by)
        units = organization.units(session, by.body_id)
    names = dict(people)
    return page(
        request,
        "web/signing/chains.html",
        status_code=problems.status_of(error) if error else 200,
        found=found,
        names=names,
        unit_names={unit.id: unit.name for unit in units},
        may_keep=chains.may_keep(by),
        may_retire={one.id for one in found if chains.may_keep(by, one.unit_id)}
        if not by.is_administrator
        else {one.id for one in found},
        units=[unit for unit in units if by.is_administrator or by.heads(unit.id)],
        for_all=by.is_administrator,
        people=people,
        values=values,
        rows=rows,
        kinds=list(StepKind),
        rules=list(Rule),
        places=_PLACES,
        standard=chains.STANDARD,
        errors={(error.field or "form"): error.message} if error else {},
    )


_PLACES = (Who.DRAFTER, Who.HEAD, Who.DIRECTOR, Who.FINAL, Who.HOUSE)


def _rows(filled: int) -> int:
    return min(filled + _EMPTY_ROWS, chains.MOST_STEPS)


def _typed(steps: Sequence[ChainStep]) -> dict[str, str]:
    """Steps as they stand in the form."""
    values: dict[str, str] = {}
    for row, step in enumerate(steps):
        values |= {
            f"rank.{row}": str(step.rank),
            f"kind.{row}": step.kind,
            f"who.{row}": str(step.user_id) if step.who == Who.PERSON else step.who,
            f"rule.{row}": step.rule,
        }
    return values


def _filled(form: FormData) -> int:
    """How many rows of the form have somebody in them, up to the last one."""
    taken = [row for row in range(chains.MOST_STEPS) if forms.text(form, f"who.{row}")]
    return max(taken, default=-1) + 1


def _steps(form: FormData) -> list[ChainStep]:
    """The rows with somebody in them; without a rank, one after the other. Raises Invalid."""
    steps: list[ChainStep] = []
    for row in range(chains.MOST_STEPS):
        who = forms.text(form, f"who.{row}")
        if not who:
            continue
        rank = forms.whole(form, f"rank.{row}", otherwise=steps[-1].rank + 1 if steps else 1)
        kind = forms.choice(form, f"kind.{row}", StepKind, otherwise=StepKind.COUNTERSIGN)
        rule = forms.choice(form, f"rule.{row}", Rule, otherwise=Rule.ALL)
        steps.append(_step(rank, kind, rule, who, field=f"who.{row}"))
    return _of_one_rule(steps)


def _step(rank: int, kind: StepKind, rule: Rule, who: str, *, field: str) -> ChainStep:
    if who in _PLACES:
        place = Who(who)
        seals = place == Who.HOUSE
        return ChainStep(rank, StepKind.SEAL if seals else kind, place, None, rule)
    if not who.isdecimal() or len(who) > 18:
        raise forms.BadChoice(t("Choose one from the list."), field=field)
    return ChainStep(rank, kind, Who.PERSON, int(who), rule)


def _of_one_rule(steps: Sequence[ChainStep]) -> list[ChainStep]:
    """The form asks each row: where one of a rank says that one suffices, it holds for the rank."""
    either = {step.rank for step in steps if step.rule == Rule.ANY}
    return [replace(step, rule=Rule.ANY) if step.rank in either else step for step in steps]
