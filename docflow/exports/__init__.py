"""The register as a file: PDF, CSV, XLSX, XML, of what the person may see."""

from docflow.exports.making import (
    MEDIA_TYPES,
    BadPeriod,
    ExportFailed,
    Made,
    NoSuchExport,
    NotReady,
    TooManyRows,
    file_of,
    get,
    is_small,
    listing,
    made,
    name_of,
    request,
    require_small,
    size,
    wanted_of,
)
from docflow.exports.models import ExportState, Format, RegisterExport
from docflow.exports.rows import Wanted

__all__ = [
    "MEDIA_TYPES",
    "BadPeriod",
    "ExportFailed",
    "ExportState",
    "Format",
    "Made",
    "NoSuchExport",
    "NotReady",
    "RegisterExport",
    "TooManyRows",
    "Wanted",
    "file_of",
    "get",
    "is_small",
    "listing",
    "made",
    "name_of",
    "request",
    "require_small",
    "size",
    "wanted_of",
]
