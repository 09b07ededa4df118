"""The codes of case files, by a mask of the body: Φ.{class}/{unit}-{n}/{year}.

Fields: {n} the number ({n:03} with leading zeros), {year}, {yy}, {unit} the code of the unit,
{class} the code of the class. Where the mask names the unit, each unit counts by itself in a year,
otherwise the body does.
"""

import re

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.case_files.models import CaseFile, CodeMask, CodeSeries
from docflow.case_files.plans import may_keep
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.principal import Principal

DEFAULT = "Φ.{unit}/{n}/{year}"
MAX_MASK = 60
FIELDS = ("n", "year", "yy", "unit", "class")
_FIELD = re.compile(r"\{([a-z]+)(?::0?([1-9]))?\}")


class BadCodeMask(Invalid):
    """The mask of the codes of case files is not right."""


class ClassMissing(Invalid):
    """The code of a case file needs a class here."""


def mask_of(session: Session, body_id: int) -> str:
    row = session.get(CodeMask, body_id)
    return row.mask if row else DEFAULT


def set_mask(session: Session, mask: str, *, by: Principal) -> str:
    """From now on new files are named so; old codes stay. Raises BadCodeMask, NotAllowed."""
    by.require_scope("administer")
    by.require(
        may_keep(by), t("The administrator or the head of the registry sets the codes of files.")
    )
    clean = checked(mask)
    row = session.get(CodeMask, by.body_id, with_for_update=True)
    if row is None:
        row = CodeMask(body_id=by.body_id, mask=clean)
        session.add(row)
    row.mask, row.set_by, row.set_at = clean, by.user_id, clock.now()
    audit.record(session, "case-file.mask-set", by=by, subject=("body", by.body_id), mask=clean)
    return clean


def checked(mask: str) -> str:
    """The mask, if it tells any two files apart. Raises BadCodeMask."""
    clean = line(mask)
    if not clean or len(clean) > MAX_MASK:
        raise _bad(t("A mask has 1 to {max} characters, such as {{n}}/{{year}}.", max=MAX_MASK))
    used = {match[1] for match in _FIELD.finditer(clean)}
    unknown = sorted(used - set(FIELDS))
    if unknown:
        raise _bad(t("There is no field “{field}” for a mask.", field="{" + unknown[0] + "}"))
    rest = _FIELD.sub("", clean)
    if "{" in rest or "}" in rest:
        raise _bad(t("A bracket of the mask is left over. A field looks like {n} or {n:07}."))
    if "n" not in used:
        raise _bad(t("The mask needs the number: {n}."))
    if not {"year", "yy"} & used:
        raise _bad(
            t("The mask needs the year, or files of two years look the same: {year} or {yy}.")
        )
    return clean


def parts(mask: str) -> list[tuple[str, str]]:
    """The mask as text and the field after it, for people who do not know the fields' names."""
    found, at = [], 0
    for match in _FIELD.finditer(mask):
        found.append((mask[at : match.start()], match[1]))
        at = match.end()
    return [*found, (mask[at:], "")]


def next_code(
    session: Session, body_id: int, *, unit_id: int, unit: str, class_code: str, year: int
) -> str:
    """The code of the next file; its series is held until the transaction ends.

    A code that another mask gave already is passed over. Raises ClassMissing.
    """
    mask = mask_of(session, body_id)
    if "{class" in mask and not class_code:
        raise ClassMissing(
            t("Choose the class: it stands in the code of the file."), field="class_code"
        )
    key = {"body_id": body_id, "unit_id": unit_id if "{unit" in mask else 0, "year": year}
    session.execute(insert(CodeSeries).values(**key, last_number=0).on_conflict_do_nothing())
    series = session.get_one(
        CodeSeries, tuple(key.values()), with_for_update=True, populate_existing=True
    )
    while True:
        series.last_number += 1
        code = render(mask, number=series.last_number, year=year, unit=unit, class_code=class_code)
        taken = select(CaseFile.id).where(CaseFile.body_id == body_id, CaseFile.code == code)
        if session.scalar(taken) is None:
            return code


def render(mask: str, *, number: int, year: int, unit: str, class_code: str) -> str:
    """The code by a mask that was checked."""
    values: dict[str, int | str] = {
        "n": number,
        "year": year,
        "yy": f"{year % 100:02}",
        "unit": unit,
        "class": class_code,
    }

    def fill(match: re.Match[str]) -> str:
        value, width = values[match[1]], match[2]
        return f"{value:0{width}}" if width and isinstance(value, int) else str(value)

    return _FIELD.sub(fill, mask)


def _bad(message: Text) -> BadCodeMask:
    return BadCodeMask(message, field="mask")
