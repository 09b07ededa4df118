"""The way of entries through case files, in words: codes only of files that are open to him."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from docflow import audit, case_files, organization
from docflow.i18n import Text, t
from docflow.principal import Principal

_OF_ENTRIES = {
    "entry.put-in-file",
    "entry.moved-to-file",
    "entry.taken-out-of-file",
    "entry.pages-counted",
}


@dataclass(frozen=True, slots=True)
class Filed:
    """What the lines of a history say of case files, for one reader."""

    codes: dict[int, str]
    classes: dict[int, str]
    reasons: dict[int, str]  # of items that ended
    acts: dict[int, str]  # of files that were closed or opened again

    def shows(self, line: audit.HistoryLine) -> bool:
        """Whether the line may be shown: not where the file is not open to the reader."""
        return line.action not in _OF_ENTRIES or bool(self._codes(line))

    def more(self, line: audit.HistoryLine) -> Text | str:
        details = line.details
        if line.action in _OF_ENTRIES:
            return " → ".join(self._codes(line))
        if line.action == "entry.classified":
            return self.classes.get(details.get("class_id") or 0, "")
        if line.action in ("case-file.opened", "case-file.put-under"):
            return self.codes.get(details.get("parent") or 0, "")
        if line.action == "case-file.exported":
            return str(details.get("form", "")).upper()
        return ""

    def quote(self, line: audit.HistoryLine) -> str:
        item, act = line.details.get("ended_item"), line.details.get("act")
        if isinstance(item, int) and line.action in _OF_ENTRIES:
            return self.reasons.get(item, "")
        return self.acts.get(act, "") if isinstance(act, int) else ""

    def _codes(self, line: audit.HistoryLine) -> list[str]:
        ids = (line.details.get("from_file"), line.details.get("case_file"))
        return [self.codes[one] for one in ids if one in self.codes]


def of(session: Session, lines: Sequence[audit.HistoryLine], *, by: Principal) -> Filed:
    """What these lines may say to the person."""
    reasons, acts = case_files.reasons(
        session,
        items=_ids(lines, "ended_item"),
        acts=[
            act
            for line in lines
            if line.action.startswith("case-file.")
            and isinstance(act := line.details.get("act"), int)
        ],
    )
    files = [one for name in ("case_file", "from_file", "parent") for one in _ids(lines, name)]
    known = case_files.classes.by_ids(session, _ids(lines, "class_id"))
    return Filed(
        codes=case_files.codes_open_to(session, files, by=by),
        classes={one.id: f"{one.code} {one.title}" for one in known.values()},
        reasons=reasons,
        acts=acts,
    )


def _ids(lines: Iterable[audit.HistoryLine], name: str) -> list[int]:
    return [value for line in lines if isinstance(value := line.details.get(name), int)]


def filings(
    session: Session, file_id: int, *, by: Principal
) -> list[tuple[audit.HistoryLine, Text | str, str]]:
    """What came into a file and left it: the line, the entry's number, the reason."""
    rows = case_files.filings(session, file_id, by=by)
    people = organization.names(
        session, [one for item, _ in rows for one in (item.filed_by, item.ended_by)]
    )
    found: list[tuple[audit.HistoryLine, Text | str, str]] = []
    for item, label in rows:
        name = people.get(item.filed_by or 0, "")
        into = audit.HistoryLine(item.filed_at, name, "web", "entry.put-in-file", {})
        is_named = item.kind == case_files.ItemKind.REFERENCE
        found.append((into, t("{label}, by reference", label=label) if is_named else label, ""))
        if item.ended_at is not None:
            name = people.get(item.ended_by or 0, "")
            moved = item.end_kind == "moved"
            action = "entry.moved-to-file" if moved else "entry.taken-out-of-file"
            out = audit.HistoryLine(item.ended_at, name, "web", action, {})
            found.append((out, label, item.reason))
    return found
