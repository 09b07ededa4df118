"""The directory's pages: looked through, one party with its history and entries, merging."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId, Start
from api.web.render import page
from docflow import clock, organization, parties, registry
from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.parties import AddressKind, PartyData, PartyKind, directory, grouping, merging
from docflow.principal import Principal

router = APIRouter()
PAGE_SIZE = 50
Typed = Annotated[str, Query(max_length=200)]


@router.get("/parties")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    q: Typed = "",
    kind: Typed = "",
    group: Typed = "",
    start: Start = 0,
) -> Response:
    """The directory, by any part of a name, ΑΦΜ, e-mail or code."""
    group_id = int(group) if group.isdecimal() and len(group) < 16 else None
    with office.db.read() as session:
        found, total = directory.find(
            session,
            forms.clean(q),
            by=by,
            kind=PartyKind(kind) if kind in set(PartyKind) else None,
            group_id=group_id,
            offset=start,
            limit=PAGE_SIZE,
        )
        groups = directory.groups(session, by=by)
        kept = {one.id: parties.survivor(session, one).name for one in found if one.merged_into_id}
        return page(
            request,
            "web/parties/list.html",
            found=found,
            kept=kept,
            total=total,
            typed={"q": q, "kind": kind, "group": group},
            kinds=list(PartyKind),
            groups=[(row.id, f"{row.name} ({members})") for row, members in groups],
            start=start,
            page_size=PAGE_SIZE,
            may_keep=directory.may_keep(by),
        )


@router.get("/parties/duplicates")
def duplicates(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Parties that may be one, each with a way to merge them."""
    with office.db.read() as session:
        found = merging.duplicates(session, by=by)
        return page(request, "web/parties/duplicates.html", found=found)


@router.get("/parties/{party_id:int}")
def show(request: Request, party_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One party: what the directory says of it, what was changed, its entries."""
    with office.db.read() as session:
        return _shown(request, session, party_id, by)


def _shown(
    request: Request,
    session: Session,
    party_id: int,
    by: Principal,
    *,
    status_code: int = 200,
    open_act: str = "",
    typed: dict[str, str] | None = None,
    errors: dict[str, Any] | None = None,
) -> Response:
    party = directory.get(session, party_id, by=by)
    changes = directory.changes(session, parties.family(session, party.id))
    kept = parties.survivor(session, party)
    saved = {name: str(getattr(party, name)) for name in directory.FIELDS}
    return page(
        request,
        "web/parties/party.html",
        status_code=status_code,
        party=party,
        kept=kept if kept.id != party.id else None,
        values={**saved, **(typed or {})} if open_act == "edit" else saved,
        kinds=list(PartyKind),
        address_kinds=list(AddressKind),
        addresses=directory.addresses(session, party.id),
        groups=grouping.groups_of(session, party.id),
        all_groups=[row.name for row, _ in directory.groups(session, by=by)],
        changes=changes,
        people=organization.names(session, (change.changed_by for change in changes)),
        merged=[
            directory.get(session, one, by=by)
            for one in parties.family(session, party.id)
            if one != party.id
        ],
        similar=merging.similar(session, party) if directory.may_keep(by) else [],
        lines=registry.of_party(session, party.id, by=by),
        may_keep=directory.may_keep(by) and party.merged_into_id is None,
        may_separate=directory.may_keep(by) and party.merged_into_id is not None,
        today=clock.today(),
        open_act=open_act,
        typed=typed or {},
        errors=errors or {},
    )


Act = Callable[[Session, int, FormData, Principal], object]


def _edit(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    data = PartyData(
        name=forms.text(form, "name"),
        kind=forms.choice(form, "kind", PartyKind, otherwise=PartyKind.PERSON),
        tax_number=forms.text(form, "tax_number"),
        email=forms.text(form, "email"),
        phone=forms.text(form, "phone"),
        address=forms.text(form, "address"),
        code=forms.text(form, "code"),
        network_id=forms.text(form, "network_id"),
        note=forms.text(form, "note"),
    )
    directory.edit(session, party_id, data, reason=forms.text(form, "reason"), by=by)


def _add_address(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    directory.add_address(
        session,
        party_id,
        forms.text(form, "address"),
        kind=forms.choice(form, "kind", AddressKind, otherwise=AddressKind.SEAT),
        valid_from=forms.day(form, "valid_from"),
        valid_to=forms.day(form, "valid_to"),
        by=by,
    )


def _end_address(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    directory.end_address(session, forms.optional_id(form, "address_id") or 0, by=by)


def _join(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    grouping.join(session, party_id, forms.text(form, "group"), by=by)


def _leave(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    grouping.leave(session, party_id, forms.optional_id(form, "group_id") or 0, by=by)


def _merge(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    into_id = forms.optional_id(form, "into_id") or 0
    merging.merge(session, party_id, into_id, reason=forms.text(form, "reason"), by=by)


def _separate(session: Session, party_id: int, form: FormData, by: Principal) -> None:
    merging.separate(session, party_id, reason=forms.text(form, "reason"), by=by)


_ACTS: dict[str, tuple[Act, str]] = {
    "edit": (_edit, "party-saved"),
    "add-address": (_add_address, "party-saved"),
    "end-address": (_end_address, "party-saved"),
    "join": (_join, "party-saved"),
    "leave": (_leave, "party-saved"),
    "merge": (_merge, "party-merged"),
    "separate": (_separate, "party-separated"),
}


@router.post("/parties/{party_id:int}/{act}")
def do(
    request: Request, party_id: RowId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Change the directory; when it cannot be done the party's page comes back, saying why."""
    function, done = _ACTS.get(act, (None, ""))
    if function is None:
        raise parties.NoSuchParty(t("There is no such page."))
    try:
        with office.db.begin() as session:
            function(session, party_id, form, by)
    except (Invalid, Conflict) as error:
        into = forms.text(form, "into_id")
        with office.db.read() as session:
            return _shown(
                request,
                session,
                party_id,
                by,
                status_code=problems.status_of(error),
                open_act=f"merge-{into}" if act == "merge" else act,
                typed=forms.as_typed(form),
                errors={error.field or "form": error.message},
            )
    to = forms.optional_id(form, "into_id") if act == "merge" else party_id
    return RedirectResponse(f"/parties/{to}?done={done}", 303)
