"""The kind of an entry with the values of now: registered ones, with their corrections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from docflow import kinds
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.registry.correctable import About, Field, correctable
from docflow.registry.corrections import overlay_of
from docflow.registry.current import Json
from docflow.registry.models import Entry


class NoSuchField(NotFound):
    """The kind of this entry has no such field."""


@dataclass(frozen=True, slots=True)
class KindNow:
    """The kind of an entry; `values` as they are now, by code of the field."""

    kind: kinds.OfEntry
    values: Mapping[str, Any]

    def shown(self, language: str) -> list[tuple[str, str, str]]:
        """Code, title and value of each field that has one, as people read them."""
        return [
            (field.code, field.title(language), value)
            for field, value in self.kind.shown(language, self.values)
        ]


def kind_of(session: Session, entry: Entry) -> KindNow | None:
    """The kind of an entry, None where it has none. The caller has checked the right to see it."""
    found = kinds.of_entry(session, entry.id)
    if found is None:
        return None
    return KindNow(found, values_now(found.values, overlay_of(session, entry.id)))


def values_now(registered: Mapping[str, Any], overlay: Mapping[str, Json]) -> dict[str, Any]:
    """Values under the overlay of corrections; what was emptied is gone."""
    corrected = {
        name.removeprefix(kinds.PREFIX): value
        for name, value in overlay.items()
        if name.startswith(kinds.PREFIX)
    }
    now = {**registered, **corrected}
    return {code: value for code, value in now.items() if value is not None}


def _registered(about: About) -> Json:
    found = kinds.of_entry(about.session, about.entry.id)
    return found.values.get(about.field.removeprefix(kinds.PREFIX)) if found else None


def _check(about: About, raw: Any) -> Json:
    code = about.field.removeprefix(kinds.PREFIX)
    found = kinds.of_entry(about.session, about.entry.id)
    fields = [one for one in found.definition.fields if one.code == code] if found else []
    if not fields:
        raise NoSuchField(t("The kind of this entry has no field “{code}”.", code=code[:40]))
    return kinds.checked(fields, {code: raw}).get(code)


correctable(Field(kinds.PREFIX, _registered, _check))
