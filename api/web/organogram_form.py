"""The forms of a change of the organogram as steps, and steps in words."""

from collections.abc import Mapping

from starlette.datastructures import FormData

from api.web import forms
from docflow.i18n import Text, t
from docflow.organization import (
    BadStep,
    ChangedUnit,
    DissolvedUnit,
    NewHead,
    NewUnit,
    Step,
    steps,
)

TOP = "-"  # chosen for "at the top", where an empty choice means "as it is"


def steps_of(form: FormData) -> list[Step]:
    """What the chosen form says. Raises BadStep with the field to blame."""
    found = _ACTS.get(forms.text(form, "act"))
    if found is None:
        raise BadStep(t("Choose what changes."), field="form")
    return [steps.checked(step) for step in found(form)]


def _begin(form: FormData) -> list[Step]:
    return [_new(form)]


def _new(form: FormData) -> NewUnit:
    return NewUnit(
        code=forms.text(form, "code"),
        name=forms.text(form, "name"),
        parent=_above(form) or "",
        phone=forms.text(form, "phone"),
        email=forms.text(form, "email"),
    )


def _above(form: FormData) -> str | None:
    typed = forms.text(form, "parent")
    return "" if typed == TOP else typed or None


def _change(form: FormData) -> list[Step]:
    return [
        ChangedUnit(
            code=_unit(form),
            name=forms.text(form, "name") or None,
            parent=_above(form),
            phone=forms.text(form, "phone") or None,
            email=forms.text(form, "email") or None,
        )
    ]


def _merge(form: FormData) -> list[Step]:
    codes, into = forms.texts(form, "codes"), forms.text(form, "into")
    if len(codes) < 2 and not (codes and into and into not in codes):
        raise BadStep(t("Choose at least two units."), field="codes")
    return steps.merger(codes, into or _new(form))


def _split(form: FormData) -> list[Step]:
    """A line for each part: `code; name`. The first takes over what is not placed by hand."""
    above, parts = _above(form) or "", []
    for row in forms.text(form, "parts").splitlines():
        code, mark, name = row.partition(";")
        if row.strip():
            if not mark or not code.strip() or not name.strip():
                raise BadStep(t("Write a line for each part: code; name."), field="parts")
            parts.append(NewUnit(code.strip(), name.strip(), above))
    if len(parts) < 2:
        raise BadStep(t("Write a line for each part: code; name."), field="parts")
    return steps.splitting(_unit(form), parts, successor=parts[0].code)


def _dissolve(form: FormData) -> list[Step]:
    return [
        DissolvedUnit(
            code=_unit(form),
            successor=forms.text(form, "successor"),
            head_goes_along=bool(forms.text(form, "head_goes_along")),
        )
    ]


def _head(form: FormData) -> list[Step]:
    return [NewHead(_unit(form), forms.text(form, "username"))]


def _unit(form: FormData) -> str:
    code = forms.text(form, "code")
    if not code:
        raise BadStep(t("Choose the unit."), field="code")
    return code


_ACTS = {
    "new": _begin,
    "change": _change,
    "merge": _merge,
    "split": _split,
    "dissolve": _dissolve,
    "head": _head,
}


def told(step: Step, names: Mapping[str, str]) -> Text:
    """A step in words, with the names of the units."""
    name = names.get(step.code, step.code)
    match step:
        case NewUnit():
            above = names.get(step.parent, step.parent)
            if above:
                return t(
                    "New unit: {name} ({code}), below {above}",
                    name=step.name,
                    code=step.code,
                    above=above,
                )
            return t("New unit: {name} ({code})", name=step.name, code=step.code)
        case DissolvedUnit():
            if step.successor:
                heir = names.get(step.successor, step.successor)
                return t("{name} is dissolved; {heir} takes over", name=name, heir=heir)
            return t("{name} is dissolved", name=name)
        case NewHead():
            if step.username:
                return t("New head of {name}: {username}", name=name, username=step.username)
            return t("{name} has no head", name=name)
        case ChangedUnit():
            return t("{name} ({code}) is changed", name=name, code=step.code)
