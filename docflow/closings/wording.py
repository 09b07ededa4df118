"""The content of a day in words, as it is printed: names beside ids, local times, marks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from docflow import clock, kinds, organization, printing
from docflow.closings.content import Content, Day
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.principal import Principal
from docflow.registry import said
from docflow.words import word

_ERASED = t("The data were erased by order.")
_LIST = 12  # recipients that are printed by name; more are counted


class _Names:
    """Names of persons, units and fields of a content, and the language it is printed in."""

    def __init__(self, session: Session, content: Content, of: Day, language: str) -> None:
        people = [one["registered_by"] for one in content["entries"]]
        people += [one["by"] for one in (*content["corrections"], *content["annulments"])]
        people += [one["owner"] for one in content["reservations"]]
        self.people = organization.names(session, people)
        units = [one.get("unit") for one in content["entries"]]
        told = [one for one in content["corrections"] if not one["concealed"]]
        self.units = organization.unit_names(session, units)
        self.units |= said.units_in(
            session, ((one["field"], one["old"], one["new"]) for one in told)
        )
        self.kinds = kinds.of_entries(session, sorted({one["id"] for one in told}))
        self.zone, self.language = of.zone, language

    def person(self, user_id: int | None) -> str:
        known = self.people.get(user_id or 0)
        return known or t("The system").in_language(self.language)

    def field(self, one: Mapping[str, Any]) -> str:
        """The name of a corrected field."""
        return said.title(one["field"], self.kinds.get(one["id"]), language=self.language)

    def value(self, one: Mapping[str, Any], which: str) -> str:
        """The old or the new value of a corrected field."""
        kind = self.kinds.get(one["id"])
        return said.said(one["field"], one[which], kind, units=self.units, language=self.language)

    def clock(self, at: str) -> str:
        return f"{clock.local(datetime.fromisoformat(at), self.zone):%H:%M}"

    def moment(self, at: str) -> str:
        return f"{clock.local(datetime.fromisoformat(at), self.zone):%d/%m/%Y %H:%M}"


def daily(
    session: Session,
    content: Content,
    *,
    of: Day,
    issuer: printing.Issuer,
    identifier: str,
    digest: str,
    by: Principal,
    at: datetime,
    so_far: bool,
    language: str = DEFAULT_LANGUAGE,
) -> printing.DailyRegisterData:
    """The data of the printed register."""
    names = _Names(session, content, of, language)
    annulled = {one["id"] for one in content["annulments"]}
    moment = f"{at:%d/%m/%Y %H:%M:%S}"
    if by.user_id is None:
        statement = t("The day was closed by the system on {moment}.", moment=moment)
    else:
        statement = t(
            "The day was closed by {person} on {moment}.", person=by.full_name, moment=moment
        )
    trail = content["trail"]
    return printing.DailyRegisterData(
        issuer=issuer,
        book=of.book.title,
        day=of.day,
        identifier="" if so_far else identifier,
        facts=tuple(_facts(content, language)),
        rows=tuple(_row(one, names, annulled) for one in content["entries"]),
        sections=tuple(_sections(content, names)),
        statement=statement.in_language(language),
        digest=digest,
        previous=content["previous"],
        trail=f"{trail['size']}: {trail['root']}",
        made_at=at,
        so_far=so_far,
    )


def _facts(content: Content, language: str) -> list[tuple[str, str]]:
    facts = []
    for series, bounds in content["series"].items():
        numbers = f"{bounds['first']} – {bounds['last']}"
        title = t("Numbers").in_language(language)
        if series != "common":
            title = f"{title} ({word('direction', series, language)})"
        facts.append((title, numbers))
    late = sum(1 for one in content["entries"] if one["late_days"])
    provisional = sum(1 for one in content["entries"] if one["provisional"])
    for name, count in (
        (t("Entries"), len(content["entries"])),
        (t("Registered late"), late),
        (t("To be described"), provisional),
        (t("Corrections"), len(content["corrections"])),
        (t("Annulments"), len(content["annulments"])),
    ):
        facts.append((name.in_language(language), str(count)))
    return facts


def _row(one: Mapping[str, Any], names: _Names, annulled: set[int]) -> printing.RegisterRow:
    language = names.language
    marks = []
    if one["id"] in annulled:
        marks.append(t("ANNULLED").in_language(language))
    if one["late_days"]:
        marks.append(
            t(
                "Late: received on {day}, delay in days: {n}",
                day=names.moment(one["received_at"])[:10],
                n=one["late_days"],
            ).in_language(language)
        )
    if one["provisional"]:
        marks.append(t("To be described").in_language(language))
    direction = word("direction", one["direction"], language)
    if one["concealed"]:
        core = t("Restricted entry; digest of its core: {digest}", digest=one["core"] or "-")
        return printing.RegisterRow(
            number=one["label"],
            at=names.clock(one["registered_at"]),
            direction=direction,
            correspondent=(),
            reference=(),
            subject=(_ERASED if one.get("erased") else core).in_language(language),
            attachments="",
            delivery="",
            unit="",
            by=names.person(one["registered_by"]),
            marks=tuple(marks),
        )
    dated = one["dated_on"]
    return printing.RegisterRow(
        number=one["label"],
        at=names.clock(one["registered_at"]),
        direction=direction,
        correspondent=tuple(_correspondents(one, language)),
        reference=(one["reference"], "/".join(reversed(dated.split("-"))) if dated else ""),
        subject=one["subject"],
        attachments=str(one["attachments"] or ""),
        delivery=word("delivery_method", one["delivery"], language),
        unit=names.units.get(one["unit"] or 0, ""),
        by=names.person(one["registered_by"]),
        marks=tuple(marks),
    )


def _correspondents(one: Mapping[str, Any], language: str) -> list[str]:
    found = [one["sender"]] if one["sender"] and one["direction"] != "outgoing" else []
    found += [f"→ {name}" for name in one["recipients"][:_LIST]]
    more = len(one["recipients"]) - _LIST
    if more > 0:
        found.append(t("and {n} more", n=more).in_language(language))
    return found


def _sections(content: Content, names: _Names) -> list[printing.Section]:
    language = names.language
    found = []
    for title, rows in (
        (t("Corrections of the day"), [_correction(one, names) for one in content["corrections"]]),
        (t("Annulments of the day"), [_annulment(one, names) for one in content["annulments"]]),
        (
            t("Numbers reserved on the day"),
            [_reservation(r, names) for r in content["reservations"]],
        ),
    ):
        if rows:
            found.append(printing.Section(title.in_language(language), tuple(rows)))
    return found


def _correction(one: Mapping[str, Any], names: _Names) -> printing.ActRow:
    language = names.language
    kind = t("Completion") if one["kind"] == "completion" else t("Correction")
    act, told = kind.in_language(language), _untold(one, language)
    if not one["concealed"]:
        act += f": {names.field(one)}"
        told = (
            t("before: {value}", value=names.value(one, "old")).in_language(language),
            t("now: {value}", value=names.value(one, "new")).in_language(language),
        )
    return printing.ActRow(
        number=one["label"],
        at=names.moment(one["at"]),
        act=act + _older(one, language),
        content=told,
        reason=" · ".join(filter(None, (one["reason"], one["authority"]))),
        by=names.person(one["by"]),
    )


def _annulment(one: Mapping[str, Any], names: _Names) -> printing.ActRow:
    language = names.language
    return printing.ActRow(
        number=one["label"],
        at=names.moment(one["at"]),
        act=t("Annulment").in_language(language) + _older(one, language),
        content=_untold(one, language),
        reason=one["reason"],
        by=names.person(one["by"]),
    )


def _untold(one: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """What stands in place of an act on an entry that not every reader may read."""
    if not one["concealed"]:
        return ()
    if one.get("erased"):
        return (_ERASED.in_language(language),)
    return (
        t("Restricted entry; digest of the act: {digest}", digest=one["digest"]).in_language(
            language
        ),
    )


def _reservation(one: Mapping[str, Any], names: _Names) -> printing.ActRow:
    return printing.ActRow(
        number=one["label"],
        at=names.moment(one["taken_at"]),
        act=t("Reservation").in_language(names.language),
        content=(
            t("until {moment}", moment=names.moment(one["expires_at"])).in_language(names.language),
        ),
        reason=one["reason"],
        by=names.person(one["owner"]),
    )


def _older(one: Mapping[str, Any], language: str) -> str:
    return f" ({t('older entry').in_language(language)})" if one["older"] else ""
