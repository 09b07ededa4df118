"""The one view of a person: asked why, then all that is open to the reader for that purpose."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from api.wording import LABELS
from docflow import clock, contacts, parties
from docflow.contacts import Purpose
from docflow.errors import DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.parties import Trace, TraceKind
from docflow.principal import Principal

router = APIRouter(prefix="/people")


@router.get("/{party_id}")
def show(
    request: Request,
    party_id: RowId,
    by: CurrentUser,
    office: TheOffice,
    kind: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The view, where a purpose holds; else the question for one."""
    try:
        with office.db.begin() as session:
            contacts.looked_again(session, party_id, by=by)
            session.flush()
            view = contacts.view(session, party_id, by=by)
            channel = contacts.last_channel(session, by=by)
    except contacts.PurposeNeeded:
        return _ask(request, office, party_id, by)
    shown = [one for one in view.traces if kind in ("", one.kind)]
    return page(
        request,
        "web/people/person.html",
        view=view,
        traces=shown_traces(shown),
        channel=channel,
        kind=kind if kind in set(TraceKind) else "",
        counts=[
            (one, sum(trace.kind is one for trace in view.traces))
            for one in view.shown
            if any(trace.kind is one for trace in view.traces)
        ],
        now=clock.now(),
        may_keep=parties.directory.may_read(by),
        may_log=contacts.may_log(by),
    )


@router.post("/{party_id}/open")
def open_view(
    request: Request, party_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Say why; it is kept and reported."""
    chosen = forms.text(form, "purpose")
    try:
        if chosen not in set(Purpose):
            raise NoPurpose(t("Choose why you open the view."), field="purpose")
        with office.db.begin() as session:
            party = contacts.open_for(session, party_id, Purpose(chosen), by=by)
    except Invalid as error:
        return _ask(request, office, party_id, by, error=error)
    return RedirectResponse(f"/people/{party.id}", 303)


class NoPurpose(Invalid):
    """The purpose is missing."""


def _ask(
    request: Request,
    office: Office,
    party_id: int,
    by: Principal,
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        party = contacts.reach(session, party_id, by=by)
    return page(
        request,
        "web/people/purpose.html",
        status_code=problems.status_of(error) if error else 200,
        party=party,
        purposes=contacts.purposes_of(by),
        errors={error.field or "form": error.message} if error else {},
    )


def shown_traces(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """Traces as the templates print them; a state without words in the pages is left out."""
    return [
        {
            "kind": one.kind,
            "at": one.at,
            "title": one.title,
            "state": one.state if one.state_group in LABELS else "",
            "state_group": one.state_group,
            "href": one.href,
            "channel": one.channel if one.channel in LABELS["contact_channel"] else "",
            "number": one.number,
            "is_open": one.is_open,
            "is_message": one.kind is TraceKind.MESSAGE,
        }
        for one in traces
    ]
