"""What case files add to the page of an entry: where it lies, its class, and the acts on both."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api.web import forms
from docflow import case_files, clock, registry
from docflow.case_files import ItemKind
from docflow.errors import DocflowError
from docflow.principal import Principal

_OFFERED = 40  # open files that the field offers


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, Any]:
    """For `web/entry/_case_file.html`; the caller got the entry through `registry.get`."""
    may_file = by.scopes is None and not (by.is_auditor and not by.unit_ids)
    placed = case_files.of_entry(session, entry.id, by=by)
    day = clock.local(entry.registered_at).date()
    wanted = case_files.Wanted(is_open=True, with_sub_files=True)
    return {
        "placed": placed,
        "has_own_file": any(one.kind is ItemKind.MAIN for one in placed),
        "class_now": case_files.classes.of_entries(session, [entry.id]).get(entry.id),
        "may_put_in_file": may_file,
        "open_files": case_files.listing(session, wanted, by=by, limit=_OFFERED)
        if may_file
        else (),
        "class_choices": case_files.classes.in_force(session, day, by=by) if may_file else (),
    }


def _put(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    file = case_files.coded(session, forms.text(form, "case_file"), by=by)
    counted = forms.text(form, "pages")
    case_files.file_entry(
        session,
        file.id,
        entry_id,
        by=by,
        zone=clock.OFFICIAL_ZONE,
        kind=forms.choice(form, "kind", ItemKind, otherwise=ItemKind.MAIN),
        pages=forms.whole(form, "pages") if counted else None,
    )


def _classify(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    typed = forms.text(form, "class_code")
    case_files.classes.classify(session, entry_id, typed, by=by, zone=clock.OFFICIAL_ZONE)


ACTS: Mapping[str, Callable[[Session, int, FormData, Principal], None]] = {
    "case-file": _put,
    "classify": _classify,
}
TOLD: tuple[type[DocflowError], ...] = (case_files.NoSuchCaseFile, case_files.NotYourCaseFile)
