"""Errors as problem details (RFC 9457), in the reader's language.

The status is decided by the kind of a domain error, in this module only. `type` is the error's
class in kebab case and never changes; `detail` is what its message says, with what to do next;
`instance` is the id of the request, which stands in the log too. Nothing that was sent is repeated.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api import uploads
from docflow import documents, kinds, organization, processes, registry, services, throttle
from docflow.errors import (
    Conflict,
    DocflowError,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
)
from docflow.i18n import Text, t, translate

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:docflow:problem:"

# The first that fits decides: exceptions from the rule of a kind stand before the kinds.
_STATUS: tuple[tuple[type[DocflowError], int], ...] = (
    (organization.NotLoggedIn, 401),
    (organization.BadToken, 401),
    (documents.TooLarge, 413),
    (throttle.TooManyTries, 429),
    (documents.NoRoom, 507),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Unavailable, 503),
)
_RETRY_AFTER = {429: "60", 503: "30", 507: "300"}  # seconds


class BadRequestForm(Invalid):
    """The request does not have the form that this address expects."""


def status_of(error: DocflowError) -> int:
    """The HTTP status of a domain error."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def of_domain(error: DocflowError, *, language: str, instance: str = "") -> JSONResponse:
    """The problem that a domain error is; where an input is to blame, `errors` points to it."""
    status = status_of(error)
    detail = error.message.in_language(language)
    members: dict[str, object] = {}
    if error.field:
        members["errors"] = [{"pointer": _place(error.field), "detail": detail}]
    if isinstance(error, kinds.BadValues):
        members["errors"] = [
            {"pointer": _place(name), "detail": fault.in_language(language)}
            for name, fault in error.faults.items()
        ]
    if isinstance(error, processes.BadAnswer):
        members["errors"] = [
            {"pointer": f"/values/{name}", "detail": fault.in_language(language)}
            for name, fault in error.errors.items()
        ]
    if isinstance(error, processes.BadProcessTemplate):
        members["errors"] = [
            {"pointer": "/file", "detail": one.told(language)} for one in error.problems
        ]
    if isinstance(error, services.BadService):
        members["errors"] = [
            {"pointer": _in_file(one), "detail": one.told(language)} for one in error.problems
        ]
    if isinstance(error, registry.DuplicateFound):
        members["alike"] = [_alike(one) for one in error.alike]
    return _problem(
        status,
        kind=_kebab(type(error).__name__),
        title=translate(title_of(type(error)), language),
        detail=detail,
        language=language,
        instance=instance,
        members=members,
        headers={"WWW-Authenticate": 'Bearer realm="docflow"'} if status == 401 else {},
    )


def of_http(error: HTTPException, *, language: str, instance: str = "") -> JSONResponse:
    """What the framework refused: no such address, wrong method, a body that cannot be parsed."""
    if uploads.is_full(error.__cause__):
        return of_domain(documents.no_room(), language=language, instance=instance)
    phrase = HTTPStatus(error.status_code).phrase
    return _problem(
        error.status_code,
        kind=_kebab(phrase.replace(" ", "").replace("-", "")),
        title=phrase,
        detail=_HTTP.get(error.status_code, _REFUSED).in_language(language),
        language=language,
        instance=instance,
        headers=dict(error.headers or {}),
    )


def of_validation(
    error: RequestValidationError, *, language: str, instance: str = ""
) -> JSONResponse:
    """An input of the wrong form: one pointer (RFC 6901) and one sentence for each fault."""
    return _problem(
        422,
        kind="bad-request-form",
        title=translate(title_of(BadRequestForm), language),
        detail=t("Some fields are not right. Each is named under “errors”.").in_language(language),
        language=language,
        instance=instance,
        members={
            "errors": [
                {
                    "pointer": _pointer(fault["loc"]),
                    "detail": _fault(fault).in_language(language),
                }
                for fault in error.errors()
            ]
        },
    )


def of_defect(*, language: str, instance: str = "") -> JSONResponse:
    """A fault of ours: the log has the rest, under the id of the request."""
    return _problem(
        500,
        kind="internal-error",
        title=translate("Something went wrong on our side.", language),
        detail=translate(
            "The fault was noted. Try again; if it stays, tell the administrator this number: {id}",
            language,
            id=instance or "-",
        ),
        language=language,
        instance=instance,
    )


def title_of(kind: type[Exception]) -> str:
    """The first line of an error's docstring, which says what is the case."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


_REFUSED = t("The request cannot be answered as it was sent.")
_HTTP: dict[int, Text] = {
    400: t("The body of the request cannot be read. See the description at openapi.json."),
    404: t("There is nothing at this address. See the description at openapi.json."),
    405: t("This address does not take the method. The header “Allow” names those it takes."),
    413: t("The request is larger than this installation takes in."),
    415: t("Send application/json, or multipart/form-data with files."),
}
_FAULTS: dict[str, Text] = {
    "missing": t("This is needed."),
    "extra_forbidden": t("There is no such field, or the server alone sets it."),
    "json_invalid": t("This is not JSON."),
    "enum": t("This value is not one of those allowed."),
    "literal_error": t("This value is not one of those allowed."),
    "string_too_short": t("This must not be empty."),
    "date_from_datetime_parsing": t("Write the date as YYYY-MM-DD."),
    "date_parsing": t("Write the date as YYYY-MM-DD."),
    "int_parsing": t("This must be a whole number."),
    "int_type": t("This must be a whole number."),
    "string_type": t("This must be text."),
}


def _fault(fault: Mapping[str, object]) -> Text:
    known = _FAULTS.get(str(fault["type"]))
    # The text of pydantic names the rule, never the value that broke it.
    return known or t("This is not right: {why}", why=str(fault["msg"]))


def _place(field: str) -> str:
    """A field as the domain names it, as a pointer: "value.iban" is `/values/iban`."""
    code = field.removeprefix(kinds.PREFIX)
    return f"/values/{code}" if code != field else "/" + field.replace(".", "/")


def _in_file(found: services.Problem) -> str:
    """A place in a file of a folder, as a pointer: `/service.json/papers/0/title`."""
    steps = found.at.replace("[", ".").replace("]", "").split(".") if found.at else []
    return "/" + "/".join((found.file.replace("/", "~1"), *steps))


def _alike(one: registry.Alike) -> dict[str, object]:
    """An entry that looks the same; nothing of those that are not open to the caller."""
    if one.line is None:
        return {"is_open": False}
    line = one.line
    return {
        "likeness": one.likeness,
        "is_open": True,
        "label": line.label,
        "href": f"/api/v1/entries/{line.book}/{line.year}/{line.place}",
    }


def _pointer(place: Sequence[object]) -> str:
    """`("body", "sender", "name")` as `/sender/name`; a parameter as `/number`."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in place[1:]]
    return "".join(f"/{step}" for step in steps)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _problem(
    status: int,
    *,
    kind: str,
    title: str,
    detail: str,
    language: str,
    instance: str,
    members: Mapping[str, object] = {},
    headers: Mapping[str, str] = {},
) -> JSONResponse:
    content: dict[str, object] = {
        "type": _PREFIX + kind,
        "title": title,
        "status": status,
        "detail": detail,
    }
    if instance:
        content["instance"] = f"urn:docflow:request:{instance}"
    known = {
        "Content-Language": language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
    }
    if status in _RETRY_AFTER:
        known["Retry-After"] = _RETRY_AFTER[status]
    return JSONResponse(
        {**content, **members},
        status,
        headers={**known, **headers},
        media_type=MEDIA_TYPE,
    )
