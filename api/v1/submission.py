"""A body with or without files: JSON, or multipart with a JSON part `metadata` and `files`."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api import uploads
from docflow import documents
from docflow.office import Office
from docflow.principal import Principal

MAX_FILES = 100
_MAX_JSON = 1 << 20

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Submission:
    """What came: the JSON, not yet judged, and the files, not yet stored."""

    json: bytes
    files: Sequence[UploadFile]

    def body(self, model: type[B]) -> B:
        """The JSON as a body of that form. Raises RequestValidationError."""
        try:
            return model.model_validate(json.loads(self.json))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            raise RequestValidationError(
                [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
            ) from error
        except (ValueError, RecursionError) as error:
            fault = {"type": "json_invalid", "loc": ("body",), "msg": "not JSON"}
            raise RequestValidationError([fault]) from error

    def stored(self, office: Office, *, by: Principal) -> list[documents.Upload]:
        """The files, durable in the store. Raises TooLarge and StoreUnavailable."""
        return [
            documents.receive(office, file.file, file.filename or "", body_id=by.body_id)
            for file in self.files
        ]


async def _submitted(request: Request) -> AsyncIterator[Submission]:
    # Only taken apart here, in the event loop; stored and judged in the route's thread.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        yield Submission(await _limited(request), ())
        return
    if kind != "multipart/form-data":
        raise HTTPException(415)
    form = await uploads.form_of(
        request, max_files=MAX_FILES, max_fields=20, max_part_size=_MAX_JSON
    )
    try:
        yield await _taken_apart(form)
    finally:
        await form.close()  # the temporary files go when the answer is there


async def _taken_apart(form: FormData) -> Submission:
    metadata = form.get("metadata")
    text = await metadata.read(_MAX_JSON) if not isinstance(metadata, str | None) else metadata
    if text is None:
        fault = {"type": "missing", "loc": ("body", "metadata"), "msg": "missing"}
        raise RequestValidationError([fault])
    files = [part for part in form.getlist("files") if not isinstance(part, str)]
    return Submission(text.encode() if isinstance(text, str) else text, files)


async def _limited(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_JSON:
            raise HTTPException(413)
    return body


Submitted = Annotated[Submission, Depends(_submitted)]


def request_body(model: type[BaseModel], *, files: str) -> dict[str, Any]:
    """The description of both forms for OpenAPI; `files` says what the files are."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": reference},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["metadata"],
                        "properties": {
                            "metadata": reference,
                            "files": {
                                "type": "array",
                                "description": files,
                                "items": {
                                    "type": "string",
                                    "contentMediaType": "application/octet-stream",
                                },
                            },
                        },
                    },
                    "encoding": {"metadata": {"contentType": "application/json"}},
                },
            },
        }
    }
