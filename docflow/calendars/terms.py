"""What a body says of its deadlines: days by kind and priority, reminders, extensions, notices.

All of it is the body's to change; `Terms()` is what a body begins with. A version is written once.
Source: domain rows 58 to 60; the days of the law are in the rules of the body, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from string import Formatter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, kinds
from docflow.calendars.models import ClockEventKind, DeadlineTerms
from docflow.calendars.reckoning import Step
from docflow.errors import Conflict, Invalid
from docflow.folding import lines
from docflow.i18n import LANGUAGES, t
from docflow.principal import Principal
from docflow.workdays import DayUnit

MAX_DAYS, MAX_RULES, MAX_REMINDERS, MAX_TEXT = 3650, 200, 12, 2000


class BadTerms(Invalid):
    """The terms of the deadlines are not such that they could be used."""


class TermsChanged(Conflict):
    """The terms of the deadlines were changed since the form was opened."""


class Addressee(StrEnum):
    """Who is reminded."""

    HANDLER = "handler"
    HEAD = "head"  # of the unit that has the item
    DIRECTOR = "director"  # the head above that one


@dataclass(frozen=True, slots=True)
class Rule:
    """How many days an item has. An empty kind or priority stands for all of them."""

    kind: str = ""
    priority: str = ""
    days: int = 0
    unit: DayUnit = DayUnit.WORKING
    is_statutory: bool = False  # a time limit of the law: extended with a reason, never just moved


@dataclass(frozen=True, slots=True)
class Reminder:
    """When who is told: so many working days after the deadline, before it where negative."""

    days: int
    to: Addressee


@dataclass(frozen=True, slots=True)
class Notice:
    """What an applicant is told by mail, by language; `{body}` `{number}` `{day}` `{to}` in it are
    filled in. Nothing is sent where a text is empty.
    """

    el: str = ""
    en: str = ""

    def text(self, language: str) -> str:
        return self.en if language == "en" else self.el


DELAY = Notice(
    el=(
        "Η υπόθεσή σας με αριθμό πρωτοκόλλου {number} δεν ολοκληρώθηκε έως τις {day}, όπως "
        "προβλεπόταν. Ο χειρισμός της συνεχίζεται και θα ενημερωθείτε για την έκβασή της.\n\n"
        "{body}"
    ),
    en=(
        "Your case with registration number {number} was not completed by {day}, as was intended. "
        "It is still being handled, and you will be told of the outcome.\n\n{body}"
    ),
)
FORWARDED = Notice(
    el=(
        "Το αίτημά σας με αριθμό πρωτοκόλλου {number} διαβιβάστηκε στην αρμόδια υπηρεσία: {to}. "
        "Η προθεσμία για την απάντηση αρχίζει από τη διαβίβαση.\n\n{body}"
    ),
    en=(
        "Your request with registration number {number} was forwarded to the competent authority: "
        "{to}. The time limit for the answer begins with the forwarding.\n\n{body}"
    ),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the deadlines of a body."""

    rules: tuple[Rule, ...] = ()
    reminders: tuple[Reminder, ...] = (
        Reminder(-2, Addressee.HANDLER),
        Reminder(1, Addressee.HEAD),
        Reminder(5, Addressee.DIRECTOR),
    )
    reminder_reach: int = 30  # days; a reminder that is older was missed, and is told no more
    extension_days: int = 30  # most days by which a period is extended, all together
    extensions: int = 1  # most times
    competent_days: int | None = None  # of the body to which an application is forwarded
    competent_unit: DayUnit = DayUnit.CALENDAR
    tells_delay: bool = True
    delay_days: int = 1  # working days after the deadline, until the applicant is told
    only_statutory: bool = True  # tell of the delay only where the period is one of the law
    delay: Notice = field(default=DELAY)
    forwarded: Notice = field(default=FORWARDED)

    def rule(self, kind: str, priority: str) -> Rule | None:
        """The rule for a kind and a priority: the kind counts more than the priority."""
        found = {(one.kind, one.priority): one for one in self.rules}
        wanted = ((kind, priority), (kind, ""), ("", priority), ("", ""))
        return next((found[one] for one in wanted if one in found), None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(stored: Mapping[str, Any]) -> Terms:
    """A stored version."""
    return Terms(
        **{
            **stored,
            "rules": tuple(
                Rule(**{**one, "unit": DayUnit(one["unit"])}) for one in stored["rules"]
            ),
            "reminders": tuple(
                Reminder(one["days"], Addressee(one["to"])) for one in stored["reminders"]
            ),
            "competent_unit": DayUnit(stored["competent_unit"]),
            "delay": Notice(**stored["delay"]),
            "forwarded": Notice(**stored["forwarded"]),
        }
    )


def current(session: Session, body_id: int) -> tuple[Terms, int]:
    """What holds now, and its version; 0 where the body has said nothing yet."""
    row = session.execute(
        select(DeadlineTerms.definition, DeadlineTerms.version)
        .where(DeadlineTerms.body_id == body_id)
        .order_by(DeadlineTerms.version.desc())
        .limit(1)
    ).first()
    return (read(row.definition), row.version) if row else (Terms(), 0)


def define(session: Session, terms: Terms, *, version: int, by: Principal) -> int:
    """Let these terms hold from now on; running clocks keep theirs. The new version.

    `version` is the one that the person saw. Raises NotAllowed, BadTerms, TermsChanged.
    """
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only the administrator sets the terms of deadlines."))
    clean = checked(terms, [one.code for one in kinds.listing(session, by, with_retired=True)])
    # Two administrators at once: the second waits here and then finds another version.
    key = func.hashtextextended(f"deadline-terms:{by.body_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    before, known = current(session, by.body_id)
    if known != version:
        raise TermsChanged(
            t("Somebody else changed the terms in the meantime. Open them again and compare.")
        )
    if known and before == clean:
        return known
    row = DeadlineTerms(
        body_id=by.body_id, version=known + 1, definition=clean.as_json(), set_by=by.person_id
    )
    session.add(row)
    audit.record(
        session,
        "deadline.terms-set",
        by=by,
        subject=("body", by.body_id),
        version=row.version,
        rules=len(clean.rules),
        reminders=[[one.days, one.to] for one in clean.reminders],
        extension_days=clean.extension_days,
        extensions=clean.extensions,
    )
    return row.version


def checked(terms: Terms, kind_codes: Sequence[str]) -> Terms:
    """The terms with clean texts. Raises BadTerms; a rule's input is "rule.<place>.<part>"."""
    if len(terms.rules) > MAX_RULES or len(terms.reminders) > MAX_REMINDERS:
        raise BadTerms(t("These are too many rows."), field="form")
    seen: set[tuple[str, str]] = set()
    for place, one in enumerate(terms.rules):
        _whole(one.days, f"rule.{place}.days", least=1)
        if one.kind and one.kind not in kind_codes:
            raise BadTerms(
                t("There is no kind of document “{code}”.", code=one.kind[:40]),
                field=f"rule.{place}.kind",
            )
        if one.priority and one.priority not in kinds.PRIORITIES:
            raise BadTerms(
                t("“{code}” is not among the choices.", code=one.priority[:40]),
                field=f"rule.{place}.priority",
            )
        if (one.kind, one.priority) in seen:
            raise BadTerms(
                t("There are two rules for this kind and priority. Keep one of them."),
                field=f"rule.{place}.kind",
            )
        seen.add((one.kind, one.priority))
    for place, step in enumerate(terms.reminders):
        if not -MAX_DAYS <= step.days <= MAX_DAYS:
            raise BadTerms(_range(-MAX_DAYS), field=f"reminder.{place}.days")
        if step in terms.reminders[:place]:
            raise BadTerms(
                t("This reminder stands here twice. Keep one of them."),
                field=f"reminder.{place}.days",
            )
    _whole(terms.reminder_reach, "reminder_reach", least=1)
    _whole(terms.extension_days, "extension_days")
    _whole(terms.extensions, "extensions")
    _whole(terms.delay_days, "delay_days")
    if terms.competent_days is not None:
        _whole(terms.competent_days, "competent_days", least=1)
    return replace(
        terms,
        delay=_notice(terms.delay, "delay"),
        forwarded=_notice(terms.forwarded, "forwarded"),
    )


def period(
    terms: Terms, *, kind: str, priority: str, kind_days: int | None, first: date, today: date
) -> Step | None:
    """The period that begins for an item of this kind and priority; None where it has none.

    A rule that names the kind counts most, then the days of the kind itself (`kind_days`, calendar
    days), then rules for all kinds. `first` is the day of the receipt by the competent body.
    """
    rule = terms.rule(kind, priority)
    if kind_days is not None and (rule is None or not rule.kind):
        rule = Rule(days=kind_days, unit=DayUnit.CALENDAR)
    if rule is None:
        return None
    return Step(
        kind=ClockEventKind.STARTED,
        on=today,
        starts_on=first,
        days=rule.days,
        unit=rule.unit,
        is_statutory=rule.is_statutory,
    )


def _whole(value: int, name: str, *, least: int = 0) -> None:
    if not least <= value <= MAX_DAYS:
        raise BadTerms(_range(least), field=name)


def _range(least: int) -> Any:
    return t("Write a whole number from {min} to {max}.", min=least, max=MAX_DAYS)


def _notice(said: Notice, name: str) -> Notice:
    clean = {}
    for language in LANGUAGES:
        text = lines(said.text(language))
        at = f"{name}_{language}"
        if len(text) > MAX_TEXT:
            raise BadTerms(t("At most {max} characters fit here.", max=MAX_TEXT), field=at)
        try:
            names = {
                f"{name}{spec or ''}{form or ''}"  # nothing but the name: it is filled in as it is
                for _, name, spec, form in Formatter().parse(text)
                if name is not None
            }
        except ValueError:
            names = {"{"}
        if names - {"body", "number", "day", "to"}:
            raise BadTerms(
                t("Only {names} are filled in; write no other braces.", names=_FILLED), field=at
            )
        clean[language] = text
    return Notice(**clean)


_FILLED = "{body}, {number}, {day}, {to}"
