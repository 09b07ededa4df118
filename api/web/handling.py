"""The acts on an entry's page by which others take part: opinions, parts, notes, forwarding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api.web import forms
from docflow import registry, routing
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import Disposal
from docflow.routing import Acts, ContributionInfo, ContributionKind, Target, contributions

Act = Callable[[Session, int, FormData, Principal], object]
BY_HAND = (Disposal.FILED, Disposal.INFORMATION)
"""How the page closes an item with a reason alone."""


def target(value: str) -> Target:
    """A choice of the form "unit" or "unit:person", both ids. Raises BadTarget."""
    unit, _, person = value.partition(":")
    is_id = all(one.isdecimal() and len(one) < 19 for one in (unit, person or unit))
    if not is_id:
        raise routing.BadTarget(t("Choose a unit or a person."), field="target")
    return Target(int(unit), int(person) if person else None)


def seen(form: FormData) -> int | None:
    """The version of the item's state on which the person decided."""
    return forms.optional_id(form, "seen")


def _refuse(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    routing.refuse(session, entry_id, by=by, reason=reason, seen=seen(form))


def _ask(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    """The same question, or part, for one chosen and any further units."""
    chosen = [forms.text(form, "target"), *forms.texts(form, "also")]
    targets = dict.fromkeys(target(value) for value in chosen if value)
    requests = [
        routing.Request(
            to,
            forms.text(form, "question"),
            due_on=forms.day(form, "due_on"),
            is_awaited=forms.text(form, "awaited") != "no",
        )
        for to in targets
    ]
    kind = forms.choice(form, "kind", ContributionKind, otherwise=ContributionKind.OPINION)
    contributions.ask(session, entry_id, by=by, kind=kind, requests=requests, seen=seen(form))


def _take(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    contributions.take(session, _asked(session, entry_id, form), by=by)


def _give(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    answer = forms.text(form, "answer")
    contributions.give(session, _asked(session, entry_id, form), by=by, answer=answer)


def _decline(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    contributions.decline(session, _asked(session, entry_id, form), by=by, reason=reason)


def _take_back(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    contributions.withdraw(session, _asked(session, entry_id, form), by=by, reason=reason)


def _asked(session: Session, entry_id: int, form: FormData) -> int:
    """The request that the form names, of this entry. Raises NoSuchContribution."""
    contribution_id = forms.optional_id(form, "contribution_id") or 0
    row = session.get(routing.Contribution, contribution_id)
    if row is None or row.entry_id != entry_id:
        raise routing.NoSuchContribution(t("There is no such request, or it is not open to you."))
    return contribution_id


def _remark(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.notes.write(session, entry_id, by=by, text=forms.text(form, "text"))


def _file(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.file(
        session,
        entry_id,
        by=by,
        reason=forms.text(form, "reason"),
        how=forms.choice(form, "how", Disposal, otherwise=Disposal.FILED),
        seen=seen(form),
    )


def _drop_plan(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.planned.withdraw(session, entry_id, by=by, seen=seen(form))


def _forward(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    routing.forward(
        session,
        entry_id,
        by=by,
        to_name=forms.text(form, "to_name"),
        to_address=forms.text(form, "to_address"),
        to_email=forms.text(form, "to_email"),
        reason=forms.text(form, "reason"),
        seen=seen(form),
    )


ACTS: Mapping[str, Act] = {
    "refuse": _refuse,
    "ask": _ask,
    "take-up": _take,
    "contribute": _give,
    "decline": _decline,
    "ask-no-more": _take_back,
    "remark": _remark,
    "file": _file,
    "send-on": _forward,
    "drop-plan": _drop_plan,
}
OF_CONTRIBUTION = ("contribute", "decline", "ask-no-more")


def form_name(act: str, form: FormData) -> str:
    """The name of the form on the page: those of one request among several bear its id."""
    if act in OF_CONTRIBUTION:
        return f"{act}-{forms.text(form, 'contribution_id')}"
    return f"unrelate-{forms.text(form, 'relation_id')}" if act == "unrelate" else act


@dataclass(frozen=True, slots=True)
class Unsent:
    """What was written into a form that the page does not offer any more."""

    what: Text
    text: str


_WRITTEN = {
    "instructions": t("Instructions"),
    "reason": t("Reason"),
    "question": t("What is asked for"),
    "answer": t("Answer"),
}


def unsent(act: str, form: FormData, acts: Acts, asked: Sequence[ContributionInfo]) -> list[Unsent]:
    """What the person had written, where the form in which he wrote it is gone by now."""
    offered = {
        "mark": acts.mark,
        "charge": acts.charge,
        "refuse": acts.refuse,
        "return": acts.send_back,
        "pass-on": acts.pass_on,
        "inform": acts.inform,
        "ask": acts.ask,
        "file": acts.file,
        "send-on": acts.forward,
        "reopen": acts.reopen,
    }
    contribution_id = forms.text(form, "contribution_id")
    for one in asked:
        if str(one.id) == contribution_id:
            offered |= {"contribute": one.is_mine, "decline": one.is_mine}
            offered["ask-no-more"] = one.may_withdraw
    if offered.get(act, True):
        return []
    written = ((what, forms.text(form, name)) for name, what in _WRITTEN.items())
    return [Unsent(what, text) for what, text in written if text]


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, object]:
    """What the entry's page shows of those who take part."""
    return {
        "version": routing.version(session, entry.id),
        "contributions": routing.contributions_of(session, entry, by=by),
        "contribution_kinds": list(ContributionKind),
        "notes": routing.notes.of_entry(session, entry.id),
        "forwardings": routing.forwardings(session, entry.id),
        "ways_to_close": BY_HAND,
        "unsent": (),
    }
