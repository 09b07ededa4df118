"""The log of contacts and the desk of whoever answers the telephone.

The main form of a contact is one for all that can come of it, so that what was typed goes along
whichever key ends the call: Ctrl+Enter for an answer at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.people import shown_traces
from api.web.render import block, page
from docflow import calendars, clock, contacts, kinds, organization, parties, registry, services
from docflow.contacts import Channel, Contact, Passing, Purpose, Said
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.services import ArticleInfo, ArticleKind

router = APIRouter(prefix="/contacts")
_HINTS = 4  # of the knowledge base, beside the form
_LONG_WORD = 5
_MOST_BESIDE = 10  # of the rest, beside what is open
Typed = Annotated[str, Query(max_length=200)]


@router.get("/new")
def ask(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    q: Typed = "",
    channel: Typed = "",
) -> Response:
    """Who is it? Found in the directory, or noted as he says."""
    return _new(
        request, office, by, q=forms.clean(q), typed={"channel": channel} if channel else {}
    )


@router.post("")
def take(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Begin a contact; with a known person his view is opened, and that is noted."""
    try:
        with office.db.begin() as session:
            party_id = forms.optional_id(form, "party_id")
            if party_id is not None:
                contacts.reach(session, party_id, by=by)
            row = contacts.take(session, _said(form), party_id=party_id, by=by)
            if party_id is not None:
                contacts.open_for(session, party_id, Purpose.SERVING, contact=row, by=by)
    except (Invalid, Conflict) as error:
        return _new(
            request, office, by, q=forms.text(form, "q"), typed=forms.as_typed(form), error=error
        )
    return RedirectResponse(f"/contacts/{row.id}?done=contact-taken", 303)


def _new(
    request: Request,
    office: Office,
    by: Principal,
    *,
    q: str,
    typed: dict[str, str],
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = contacts.candidates(session, q, by=by) if q else []
        channel = contacts.last_channel(session, by=by)
    looks_like_phone = bool(q) and not any(char.isalpha() for char in q)
    values = {"channel": channel, "phone" if looks_like_phone else "name": q, **typed}
    return page(
        request,
        "web/contacts/new.html",
        status_code=problems.status_of(error) if error else 200,
        q=q,
        found=found,
        searches=parties.directory.may_read(by),
        may_log=contacts.may_log(by),
        values=values,
        channels=list(Channel),
        errors=_errors(error),
    )


def _said(form: FormData) -> Said:
    return Said(
        channel=forms.choice(form, "channel", Channel, otherwise=Channel.PHONE),
        full_name=forms.text(form, "name"),
        phone=forms.text(form, "phone"),
        email=forms.text(form, "email"),
        subject=forms.text(form, "subject"),
        note=forms.text(form, "note"),
        service_code=forms.text(form, "service"),
    )


@router.get("/{contact_id}")
def show(request: Request, contact_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One contact: the form of the conversation, and beside it what we know of the person."""
    return _shown(request, office, contact_id, by)


@router.post("/{contact_id}")
def do(
    request: Request, contact_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """What comes of it. The form comes back with what is wrong, or with what others did."""
    act = forms.text(form, "act") or "solve"
    try:
        with office.db.begin() as session:
            function = _ACTS.get(act)
            if function is None:
                raise contacts.NoSuchContact(t("There is no such page."))
            done = function(_Call(session, office, contact_id, form, by))
    except (Invalid, Conflict) as error:
        return _shown(request, office, contact_id, by, form=form, act=act, error=error)
    return RedirectResponse(f"/contacts/{contact_id}?done={done}", 303)


@router.post("/{contact_id}/knowledge")
def knowledge(
    request: Request, contact_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """What the knowledge base has on the words typed so far; for htmx."""
    with office.db.read() as session:
        contacts.get(session, contact_id, by=by)
        found = _knowledge(session, forms.text(form, "subject"), forms.text(form, "service"), by)
    return block(request, "web/contacts/contact.html", "knowledge", articles=found)


@dataclass(frozen=True, slots=True)
class _Call:
    """A form that was sent about a contact."""

    session: Session
    office: Office
    contact_id: int
    form: FormData
    by: Principal

    @property
    def seen(self) -> int:
        return forms.whole(self.form, "version")


def _save(call: _Call) -> str:
    contacts.save(call.session, call.contact_id, _said(call.form), seen=call.seen, by=call.by)
    return "contact-saved"


def _solve(call: _Call) -> str:
    contacts.solve(
        call.session,
        call.contact_id,
        _said(call.form),
        article=forms.text(call.form, "article"),
        seen=call.seen,
        by=call.by,
    )
    return "contact-solved"


def _promise(call: _Call, *, tried: bool = False) -> str:
    try:
        until = datetime.fromisoformat(forms.text(call.form, "until"))
    except ValueError as error:
        raise contacts.BadContact(t("Choose one from the list."), field="until") from error
    if until.tzinfo is None:
        raise contacts.BadContact(t("Choose one from the list."), field="until")
    contacts.promise(
        call.session,
        call.contact_id,
        _said(call.form),
        call_at=until,
        tried=tried,
        seen=call.seen,
        by=call.by,
    )
    return "contact-promised"


def _not_reached(call: _Call) -> str:
    return _promise(call, tried=True)


def _pass_on(call: _Call) -> str:
    unit_id = forms.optional_id(call.form, "unit")
    if unit_id is None:
        raise contacts.BadContact(t("Choose the unit."), field="unit")
    settings = call.office.settings
    contacts.pass_on(
        call.session,
        call.contact_id,
        _said(call.form),
        Passing(unit_id, kind=forms.text(call.form, "kind") or None),
        seen=call.seen,
        by=call.by,
        zone=settings.zone,
        ocr_languages=settings.ocr_languages,
    )
    return "contact-passed"


def _reopen(call: _Call) -> str:
    contacts.reopen(call.session, call.contact_id, seen=call.seen, by=call.by)
    return "contact-reopened"


def _identify(call: _Call) -> str:
    """We know now who it is: his view opens, for the purpose of this contact."""
    party_id = forms.optional_id(call.form, "person_party_id")
    if party_id is None:
        raise contacts.BadContact(t("Choose the person from the list."), field="person")
    contacts.reach(call.session, party_id, by=call.by)
    row = contacts.identify(call.session, call.contact_id, party_id, seen=call.seen, by=call.by)
    contacts.open_for(call.session, party_id, Purpose.SERVING, contact=row, by=call.by)
    return "contact-saved"


def _look(call: _Call) -> str:
    row = contacts.get(call.session, call.contact_id, by=call.by)
    if row.party_id is None:
        raise contacts.BadContact(t("Choose the person from the list."), field="person")
    contacts.open_for(call.session, row.party_id, Purpose.SERVING, contact=row, by=call.by)
    return ""


_ACTS: dict[str, Callable[[_Call], str]] = {
    "save": _save,
    "solve": _solve,
    "promise": _promise,
    "not-reached": _not_reached,
    "pass": _pass_on,
    "reopen": _reopen,
    "identify": _identify,
    "look": _look,
}


def _shown(
    request: Request,
    office: Office,
    contact_id: int,
    by: Principal,
    *,
    form: FormData | None = None,
    act: str = "",
    error: DocflowError | None = None,
) -> Response:
    with office.db.begin() as session:  # a look at the person's view is noted
        row = contacts.get(session, contact_id, by=by)
        values = _values(row) | (forms.as_typed(form) if form is not None else {})
        values["version"] = str(row.version)  # what he typed, over the state that holds now
        view = _view(session, row, by)
        listed = contacts.one(session, row, by=by)
        steps = contacts.steps(session, row.id)
        return page(
            request,
            "web/contacts/contact.html",
            status_code=problems.status_of(error) if error else 200,
            row=row,
            listed=listed,
            values=values,
            channels=list(Channel),
            services=[
                (card.code, card.title)
                for card in services.catalogue(session, by.body_id, by.language).cards
            ],
            articles=_knowledge(session, values.get("subject", ""), values.get("service", ""), by),
            units=organization.units(session, by.body_id),
            kinds=[
                (kind.code, kind.definition.title(by.language))
                for kind in kinds.listing(session, by=by, direction="incoming")
            ],
            request_kind=contacts.request_kind(session, by) or "",
            may_pass=bool(registry.books_open_to(session, by, to_write=True)),
            searches=parties.directory.may_read(by),
            untils=_untils(session, by),
            view=view,
            traces=shown_traces(_others(view, row)) if view else [],
            most_beside=_MOST_BESIDE,
            steps=steps,
            people_names=organization.names(session, [step.user_id for step in steps]),
            is_live=row.state in ("open", "to-call", "passed"),
            open_act=act,
            errors=_errors(error),
        )


def _view(session: Session, row: Contact, by: Principal) -> contacts.View | None:
    if row.party_id is None:
        return None
    try:
        contacts.looked_again(session, row.party_id, by=by)
        session.flush()
        return contacts.view(session, row.party_id, by=by)
    except (contacts.PurposeNeeded, contacts.NoSuchPerson):
        return None


def _others(view: contacts.View, row: Contact) -> list[parties.Trace]:
    """What is known of the person beside this very contact."""
    return [one for one in view.traces if one.about != ("contact", row.id)]


def _values(row: Contact) -> dict[str, str]:
    return {
        "channel": row.channel,
        "name": row.full_name,
        "phone": row.phone,
        "email": row.email,
        "subject": row.subject,
        "note": row.note,
        "service": row.service_code,
        "article": row.article,
    }


def _untils(session: Session, by: Principal) -> list[tuple[str, Text]]:
    """Times until which an answer can be promised, the nearest first."""
    now = clock.now().replace(second=0, microsecond=0)
    calendar = calendars.of(session, by.body_id)
    here = clock.local(now)
    tomorrow = calendar.next_working_day(here.date())
    after = calendar.next_working_day(tomorrow)
    choices = [
        (now + timedelta(hours=1), t("within an hour")),
        (now + timedelta(hours=4), t("within four hours")),
    ]
    choices += [
        (
            datetime.combine(day, time(12), here.tzinfo),
            t("until {day}, 12:00", day=f"{day:%d/%m/%Y}"),
        )
        for day in (tomorrow, after)
    ]
    return [(at.isoformat(), said) for at, said in choices]


def _knowledge(session: Session, subject: str, service: str, by: Principal) -> list[ArticleInfo]:
    """Of the knowledge base, then of the questions that citizens ask, what fits the words.

    Where nothing has all the words, what has the longest of them: a caller says more than one
    article holds.
    """
    found: dict[int, ArticleInfo] = {}

    def look(text: str = "", about: services.About | None = None) -> None:
        for kind in (ArticleKind.KNOWLEDGE, ArticleKind.QUESTION):
            for one in services.articles.articles(
                session, by.body_id, kind, about=about, text=text
            ):
                found.setdefault(one.id, one)

    if service:
        look(about=services.About(service=service))
    if subject.strip():
        look(subject)
    long = (word for word in subject.split() if len(word) >= _LONG_WORD)
    for word in sorted(long, key=len, reverse=True)[:_HINTS]:
        if not found:
            look(word)
    return list(found.values())[:_HINTS]


def _errors(error: DocflowError | None) -> dict[str, Text]:
    if error is None:
        return {}
    names = {"call_at": "until", "sender": "name"}
    return {names.get(error.field or "", error.field or "form"): error.message}
