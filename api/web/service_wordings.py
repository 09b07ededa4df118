"""The words of a service, written by the office: the form and what stands in it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import services
from docflow.errors import DocflowError, NotFound
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.services import LANGUAGES

router = APIRouter(prefix="/catalogue")
Code = Annotated[str, Path(max_length=64)]
_TEXTS = ("title", "summary", "description", "fee")
_ROWS, _BLANK = 40, 2
_PLACE = re.compile(r"(papers|legal_basis)\[(\d+)\](?:\.title)?\.?(\w*)")


@router.get("/{code}/words")
def show(request: Request, code: Code, by: CurrentUser, office: TheOffice) -> Response:
    """The words as citizens read them now, to be changed."""
    return _show(request, office, by, code, None, {})


@router.post("/{code}/words")
def write(
    request: Request, code: Code, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Keep them: citizens read them at once."""
    try:
        seen = (forms.whole(form, "version_id"), forms.whole(form, "number"))
        with office.db.begin() as session:
            now = services.wordings.words(session, code, by=by)
            services.wordings.write(session, code, _words(form, now.words), seen=seen, by=by)
    except NotFound:
        raise
    except DocflowError as error:
        field = _field(error.field or "")
        return _show(
            request,
            office,
            by,
            code,
            forms.as_typed(form),
            {field: error.message},
            status_code=problems.status_of(error),
        )
    return RedirectResponse(f"/catalogue/{code}?done=service-words", 303)


def _words(form: FormData, now: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, as keys of `service.json`. Languages without a text are left out."""
    said: dict[str, Any] = {}
    for key in _TEXTS:
        texts = {
            language: text
            for language in LANGUAGES
            if (text := forms.text(form, f"{key}_{language}").replace("\r\n", "\n"))
        }
        if texts or now.get(key):
            said[key] = texts
    said["papers"] = [
        {
            **_kept(now.get("papers", []), form, f"paper.{row}"),
            "title": _pair(form, f"paper.{row}"),
            **({} if forms.text(form, f"paper.{row}.required") else {"required": False}),
        }
        for row in range(_ROWS)
        if _pair(form, f"paper.{row}")
    ]
    said["legal_basis"] = [
        {"title": _pair(form, f"basis.{row}")}
        | ({"url": url} if (url := forms.text(form, f"basis.{row}.url")) else {})
        for row in range(_ROWS)
        if _pair(form, f"basis.{row}")
    ]
    return said


def _pair(form: FormData, at: str) -> dict[str, str]:
    """The title of a row in Greek and English, and in the languages that the row keeps."""
    return {
        language: text for language in LANGUAGES if (text := forms.text(form, f"{at}.{language}"))
    }


def _kept(papers: list[dict[str, Any]], form: FormData, at: str) -> dict[str, Any]:
    """The note of the paper that the row showed, which the form does not ask for."""
    was = forms.text(form, f"{at}.was")
    if was.isdecimal() and len(was) < 19 and int(was) < len(papers):
        note = papers[int(was)].get("note")
        return {"note": note} if note else {}
    return {}


def _typed(words: services.wordings.Current) -> dict[str, str]:
    """The words as they stand in the form."""
    values = {"version_id": str(words.version_id), "number": str(words.number)}
    for key in _TEXTS:
        for language in LANGUAGES:
            values[f"{key}_{language}"] = words.words.get(key, {}).get(language, "")
    for row, paper in enumerate(words.words.get("papers", [])):
        values |= {f"paper.{row}.{code}": text for code, text in paper["title"].items()}
        values[f"paper.{row}.required"] = "1" if paper.get("required", True) else ""
        values[f"paper.{row}.was"] = str(row)
    for row, basis in enumerate(words.words.get("legal_basis", [])):
        values |= {f"basis.{row}.{code}": text for code, text in basis["title"].items()}
        values[f"basis.{row}.url"] = basis.get("url", "")
    return values


def _field(place: str) -> str:
    """The input of the form that the domain's place is."""
    row = _PLACE.match(place)
    if row:
        name = "paper" if row[1] == "papers" else "basis"
        return f"{name}.{row[2]}.{row[3] or 'el'}"
    key, _, language = place.partition(".")
    return f"{key}_{language or 'el'}" if key in _TEXTS else "form"


def _rows(values: Mapping[str, str], name: str) -> int:
    filled = [row for row in range(_ROWS) if values.get(f"{name}.{row}.el")]
    return min((filled[-1] + 1 if filled else 0) + _BLANK, _ROWS)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    values: dict[str, str] | None,
    errors: Mapping[str, Text],
    *,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        now = services.wordings.words(session, code, by=by)
        written = services.wordings.history(session, now.version_id)
    typed = _typed(now) if values is None else values
    if values is not None and now.number != _number(values):
        # What was typed is compared with what stands there now, and saved over it knowingly.
        typed = {**values, "number": str(now.number), "version_id": str(now.version_id)}
    return page(
        request,
        "web/services/words.html",
        status_code=status_code,
        code=code,
        title=services.said(now.words["title"], by.language),
        values=typed,
        errors=errors,
        languages_shown=LANGUAGES,
        papers=_rows(typed, "paper"),
        bases=_rows(typed, "basis"),
        written=written,
        now=now,
    )


def _number(values: Mapping[str, str]) -> int:
    typed = values.get("number", "")
    return int(typed) if typed.isdecimal() and len(typed) < 19 else -1
