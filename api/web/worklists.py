"""Work lists: narrowed, kept under a name, and acts on many items of them at once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import counts, forms, list_words
from api.web.address import AfterId
from api.web.render import page
from docflow import (
    circulation,
    clock,
    kinds,
    organization,
    processes,
    registry,
    routing,
    worklists,
)
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import by_name
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, HandlingState, Priority
from docflow.routing import Age, Basket, Deadline, Narrowing, Outcome, Target, Timeliness
from docflow.worklists import SavedInfo

router = APIRouter()
PAGE_SIZE = 50
ListId = Annotated[int, Path(ge=1, le=2**62)]

# What can be done with many items of a list, and where it makes sense.
_WITH_WORK = frozenset({Basket.MINE, Basket.UNIT, Basket.OVERDUE})
_OF_HEADS = frozenset({Basket.TO_CHARGE, Basket.UNIT, Basket.OVERDUE, Basket.SENT})


@router.get("/work")
def work(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    basket: str = "",
    saved: Annotated[int | None, Query(alias="list", ge=1, le=2**62)] = None,
    after: AfterId = None,
) -> Response:
    """The person's work lists with their counts, one of them open."""
    words = list_words.words_in(request.query_params)
    if not request.query_params:
        with office.db.read() as session:
            first = worklists.first(session, by=by)
        if first is not None:
            return RedirectResponse(f"/work?list={first.id}", 303)
    return _page(request, office, by, basket, saved, words, after=after)


def _page(
    request: Request,
    office: Office,
    by: Principal,
    basket: str,
    saved: int | None,
    words: Mapping[str, str],
    *,
    after: int | None = None,
    status_code: int = 200,
    errors: Mapping[str, Text] | None = None,
    **more: Any,
) -> Response:
    zone, found = office.settings.zone, dict(errors or {})
    narrowing = Narrowing()
    try:
        narrowing = worklists.narrowing_of(words, day=list_words.day)
    except Invalid as error:
        found[error.field or "form"] = error.message
        status_code = 422
    with office.db.read() as session:
        counted = routing.counts(session, by=by, zone=zone)
        opened = _opened(session, saved, by)
        if opened is not None and not words:
            basket, narrowing = opened.basket, opened.narrowing
            words = list_words.typed(narrowing)
        chosen = Basket(basket) if basket in set(Basket) else _first(by, counted)
        lines = routing.basket(
            session,
            chosen,
            by=by,
            narrowing=narrowing,
            after=after,
            limit=PAGE_SIZE + 1,
            zone=zone,
        )
        total = counted[chosen]
        if narrowing:
            total = routing.basket_count(session, chosen, by=by, narrowing=narrowing, zone=zone)
        context = {
            "awaiting_count": circulation.awaiting_count(session, by=by),
            "step_count": processes.count(session, by=by),
            "saved_lists": worklists.listing(session, by=by),
            "versions": routing.versions(session, [line.id for line in lines]),
            "answers_due": routing.asked.days(session, [line.id for line in lines], by=by),
            "planned": routing.planned.days(session, [line.id for line in lines]),
            **_choices(session, by),
        }
    shown = lines[:PAGE_SIZE]
    given = {word: text for word, text in words.items() if text}
    return page(
        request,
        "web/worklist.html",
        status_code=status_code,
        counts=counted,
        most=routing.MOST_COUNTED,
        basket=chosen,
        baskets=list(Basket),
        opened=opened,
        lines=shown,
        total=total,
        typed={**words, **more.pop("typed", {})},
        words=given,
        chips=list_words.chips(chosen, given, context, by),
        errors=found,
        address=list_words.address(chosen, given),
        next_after=shown[-1].id if len(lines) > PAGE_SIZE else None,
        after=after,
        acts=_acts(chosen, by),
        today=clock.today(zone),
        **{"outcomes": (), "open_act": "", "ticked": (), **context, **more},
    )


def _acts(basket: Basket, by: Principal) -> dict[str, bool]:
    """What the page offers for many items at once; each item is asked again by the domain."""
    heads = bool(by.headed_unit_ids) or any(one.headed_unit_ids for one in by.substitutions)
    return {
        "accept": basket in _WITH_WORK,
        "charge": basket in _OF_HEADS and (heads or bool(by.confidential_writes)),
        "pass_on": basket in _WITH_WORK,
        "note": basket is Basket.INFORMED,
    }


def _first(by: Principal, counted: Mapping[Basket, int]) -> Basket:
    """A head begins with what is to be charged, others with their own items."""
    if by.headed_unit_ids and counted[Basket.TO_CHARGE]:
        return Basket.TO_CHARGE
    return Basket.MINE if counted[Basket.MINE] or not counted[Basket.UNIT] else Basket.UNIT


def _opened(session: Session, saved: int | None, by: Principal) -> SavedInfo | None:
    return None if saved is None else worklists.named(session, saved, by=by)


def _choices(session: Session, by: Principal) -> dict[str, Any]:
    units = organization.units(session, by.body_id)
    own = (by.unit_ids | by.headed_unit_ids).union(
        *(one.unit_ids | one.headed_unit_ids for one in by.substitutions)
    )
    people = worklists.people_in(session, [unit.id for unit in units])
    mine = {one.id: one.full_name for unit in own for one in people.get(unit, ())}
    return {
        "books": [(one.code, one.title) for one in registry.books_open_to(session, by)],
        "kinds": [
            (one.code, one.definition.title(by.language)) for one in kinds.listing(session, by)
        ],
        "units": units,
        "own_units": [unit for unit in units if unit.id in own],
        "people": people,
        "own_people": sorted(mine.items(), key=lambda one: by_name(one[1])),
        "headed_units": [unit for unit in units if unit.id in by.headed_unit_ids],
        "priorities": list(Priority),
        "deadlines": list(Deadline),
        "channels": list(DeliveryMethod),
        "directions": list(Direction),
        "states": list(HandlingState),
        "ages": list(Age),
        "timelinesses": list(Timeliness),
        "nobody": worklists.NOBODY,
    }


@router.post("/work-acts/{act}")
def do(request: Request, act: str, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """One act on all ticked items; the list comes back with what became of each."""
    ticked = forms.texts(form, "item")[: routing.MOST_COUNTED]
    words, basket = list_words.words_in(form), forms.text(form, "basket")
    after = forms.text(form, "after")
    place = int(after) if after.isdecimal() and len(after) < 19 else None
    try:
        outcomes = _act(office, act, form, _seen(ticked), by)
    except (Invalid, Conflict, organization.NoSuchUnit, organization.NoSuchUser) as error:
        return _page(
            request,
            office,
            by,
            basket,
            None,
            words,
            after=place,
            status_code=422 if isinstance(error, NotFound) else problems.status_of(error),
            errors={error.field or "form": error.message},
            open_act=act,
            typed=forms.as_typed(form),
            ticked=_ids(ticked),
        )
    counts.forget(request, by)
    return _page(
        request,
        office,
        by,
        basket,
        None,
        words,
        after=place,
        outcomes=outcomes,
        done=sum(one.error is None for one in outcomes),
        ticked=(undone := {one.entry_id for one in outcomes if one.error is not None}),
        open_act=act if undone else "",
        typed=forms.as_typed(form) if undone else {},
    )


def _ids(ticked: Sequence[str]) -> set[int]:
    """The entries of ticked items, whatever else is wrong with them."""
    ids = (item.partition(":")[0] for item in ticked)
    return {int(one) for one in ids if one.isdecimal() and len(one) < 19}


def _seen(ticked: Sequence[str]) -> dict[int, int]:
    """Entry and version of each ticked item: "12:3". Raises BadChoice."""
    found = {}
    for item in ticked:
        entry_id, _, version = item.partition(":")
        if not all(one.isdecimal() and len(one) < 19 for one in (entry_id, version)):
            raise forms.BadChoice(t("Choose the items from the list."))
        found[int(entry_id)] = int(version)
    return found


def _act(
    office: Office, act: str, form: FormData, seen: Mapping[int, int], by: Principal
) -> list[Outcome]:
    ids = list(seen)
    instructions = forms.text(form, "instructions")
    match act:
        case "accept":
            return routing.accept_many(office.db, ids, by=by, seen=seen)
        case "note":
            return routing.acknowledge_many(office.db, ids, by=by)
        case "charge":
            to = _target(forms.text(form, "target"))
            return routing.charge_many(
                office.db,
                ids,
                by=by,
                to=to,
                instructions=instructions,
                on=forms.day(form, "on_day"),
                seen=seen,
            )
        case "pass-on":
            to = _target(forms.text(form, "target"))
            return routing.pass_on_many(
                office.db, ids, by=by, to=to, instructions=instructions, seen=seen
            )
    raise registry.NoSuchEntry(t("There is no such page."))


def _target(value: str) -> Target:
    """A choice of the form "unit" or "unit:person", both ids. Raises BadTarget."""
    unit, _, person = value.partition(":")
    is_id = all(one.isdecimal() and len(one) < 19 for one in (unit, person or unit))
    if not is_id:
        raise routing.BadTarget(t("Choose a unit or a person."), field="target")
    return Target(int(unit), int(person) if person else None)


@router.post("/work-lists")
def keep(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep the open list under a name."""
    words, basket = list_words.words_in(form), forms.text(form, "basket")
    try:
        narrowing = worklists.narrowing_of(words, day=list_words.day)
        if basket not in set(Basket):
            raise forms.BadChoice(t("Choose one from the list."), field="basket")
        with office.db.begin() as session:
            made = worklists.save(
                session,
                by=by,
                name=forms.text(form, "name"),
                basket=Basket(basket),
                narrowing=narrowing,
            )
            if forms.text(form, "is_first"):
                worklists.begin_with(session, made.id, by=by)
            unit_id = forms.optional_id(form, "share_unit")
            if unit_id is not None:
                worklists.share(session, made.id, unit_id, by=by)
            list_id = made.id
    except (Invalid, Conflict, Forbidden, organization.NoSuchUnit) as error:
        return _page(
            request,
            office,
            by,
            basket,
            None,
            words,
            status_code=422 if isinstance(error, NotFound) else problems.status_of(error),
            errors={error.field or "form": error.message},
            open_act="keep",
            typed=forms.as_typed(form),
        )
    return RedirectResponse(f"/work?list={list_id}&done=list-kept", 303)


@router.post("/work-lists/{list_id}/{act}")
def change(
    list_id: ListId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Begin with a list (or not any more), share it, remove it."""
    with office.db.begin() as session:
        match act:
            case "first":
                worklists.begin_with(session, list_id, by=by)
            case "not-first":
                worklists.begin_with(session, None, by=by)
            case "share":
                unit_id = forms.optional_id(form, "share_unit")
                worklists.share(session, list_id, unit_id, by=by)
            case "remove":
                worklists.remove(session, list_id, by=by)
            case _:
                raise worklists.NoSuchList(t("There is no such page."))
    if act == "remove":
        return RedirectResponse("/work?basket=mine&done=list-removed", 303)
    return RedirectResponse(f"/work?list={list_id}&done=list-changed", 303)
