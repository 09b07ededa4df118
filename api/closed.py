"""The bytes of a file in quarantine, for the pages and the API: nothing opens them by itself."""

from urllib.parse import quote

from fastapi import Response

from api.streams import stored_file
from docflow import documents
from docflow.office import Office


def closed_file(office: Office, held: documents.Held) -> Response:
    """The bytes, never shown by a browser and never run by a double click."""
    name = f"{held.name}.quarantined"
    answer = stored_file(
        office,
        sha256=held.sha256,
        name=name,
        media_type="application/octet-stream",
        download=True,
    )
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
