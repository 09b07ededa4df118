"""The app of the JSON API, with its own error handlers and its description."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from api import problems
from api.v1 import (
    accounts,
    amendments,
    applications,
    appointments,
    articles,
    bank_files,
    books,
    case_files,
    circulation,
    citizens,
    classification,
    closings,
    contacts,
    contributions,
    custody,
    deadlines,
    deliveries,
    delivery_lists,
    deputies,
    directory,
    drafts,
    emergency,
    entries,
    exports,
    files,
    handling,
    imports,
    intake,
    kinds,
    messages,
    notices,
    opening,
    operation,
    organogram,
    papers,
    parties,
    payment_shapes,
    payments,
    positions,
    process_templates,
    processes,
    publications,
    reading,
    residents,
    scans,
    searching,
    services,
    signatures,
    statistics,
    tasks,
    verification,
    worklists,
)
from api.v1.edge import Edge
from api.v1.language import asked
from docflow import registry
from docflow.errors import DocflowError
from docflow.office import Office

_ABOUT = """
Register documents, read them, and follow them through the house, from another program.

* **Access**: `Authorization: Bearer …`; a token acts as a person, within its scopes.
* **Errors** are problem details (RFC 9457, `application/problem+json`): `type` is stable and for
  programs, `detail` for people, in the language of `Accept-Language` (el, en); where inputs are to
  blame, `errors` points to each of them. `instance` names the request in our log.
* **Repeating**: send `Idempotency-Key` when you register; a repeated call gives the same entry.
* **Lists** go on with `next_cursor`. **Reads** have an `ETag`; with `If-None-Match` the answer is
  304 while nothing has changed.
* **Times** are UTC, days are those of the office. Numbers and times of registration are given by
  the server; a request that brings its own is refused.
"""


class Fault(BaseModel):
    """One input that is to blame."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) into what was sent.")
    detail: str


class Alike(BaseModel):
    """An entry that looks like the one that was to be registered.

    One that is not open stands for all that the caller may not see, and has nothing else.
    """

    likeness: registry.Likeness | None = None
    is_open: bool = Field(description="Whether the caller may see it.")
    label: str | None = Field(None, examples=["1234/2026"])
    href: str | None = None


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(examples=["urn:docflow:problem:no-such-entry"])
    title: str
    status: int
    detail: str
    instance: str | None = Field(None, description="The request, as it stands in our log.")
    errors: list[Fault] | None = None
    alike: list[Alike] | None = Field(
        None, description="Of `duplicate-found`: the entries that look the same."
    )


_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "A problem with the request; see `type` and `detail`."},
    "5XX": {"description": "A problem on our side; 503 says that a retry can help."},
}


def create_app(office: Office) -> FastAPI:
    """The API over an office, to be mounted at /api/v1."""
    app = FastAPI(
        title="Docflow",
        version="1",
        description=_ABOUT,
        docs_url=None,  # the pages of FastAPI load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        # The default is a schema of FastAPI's own, which is not what we answer with.
        responses=_ERRORS,
    )
    app.state.office = office
    modules = (
        *(entries, handling, files, intake, drafts, tasks, directory, verification, scans),
        *(searching,),
        *(contributions, delivery_lists),
        *(contacts, appointments),
        *(amendments, parties, signatures),
        *(books, closings, exports, kinds),
        *(emergency, imports),
        *(reading,),
        *(circulation, deputies),
        *(case_files, classification),
        *(citizens,),
        *(deadlines,),
        *(organogram, positions, accounts),
        *(custody, opening, operation),
        *(notices,),
        *(messages, deliveries, publications),
        *(statistics, worklists),
        *(services, articles),
        *(residents,),
        *(processes, process_templates, applications),
        *(bank_files, payments),
    )
    for module in modules:
        app.include_router(module.router)
    app.include_router(papers.router)
    app.add_exception_handler(DocflowError, _answering(problems.of_domain))
    app.add_exception_handler(HTTPException, _answering(problems.of_http))
    app.add_exception_handler(RequestValidationError, _answering(problems.of_validation))
    app.add_middleware(Edge)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _answering(
    problem: Callable[..., Response],
) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        instance = getattr(request.state, "request_id", "")
        return problem(error, language=asked(request), instance=instance)

    return answer


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with the bodies that are read by hand and the problems."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=app.description,
            routes=app.routes,
            license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            servers=[{"url": "/api/v1"}],
        )
        _, by_hand = models_json_schema(
            [
                (model, "validation")
                for model in (
                    entries.NewEntry,
                    drafts.NewDraft,
                    drafts.SavedDraft,
                    emergency.Recovery,
                    emergency.Authorisations,
                    imports.NewImport,
                    residents.NewResidentList,
                    payment_shapes.NewFile,
                    Problem,
                )
            ],
            ref_template="#/components/schemas/{model}",
        )
        schemas = schema["components"]["schemas"]
        schemas.update(by_hand["$defs"])
        for leftover in ("HTTPValidationError", "ValidationError"):
            schemas.pop(leftover, None)
        for path in schema["paths"].values():
            for operation in path.values():
                _describe_errors(operation["responses"])
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_errors(responses: dict[str, Any]) -> None:
    responses.pop("422", None)  # FastAPI's own form of it; ours is among 4XX
    for status in ("4XX", "5XX"):
        responses[status]["content"] = {
            problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
