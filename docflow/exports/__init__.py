"""The register as a file: PDF, CSV, XLSX, XML, of what the person may see; files kept a week."""

from docflow.exports import kept
from docflow.exports.background import (
    NoSuchExport,
    NotReady,
    RightsLost,
    file_of,
    get,
    listing,
    name_of,
    request,
    wanted_of,
)
from docflow.exports.kept import ExportState, KeptFile
from docflow.exports.making import (
    MEDIA_TYPES,
    BadPeriod,
    ExportFailed,
    Made,
    TooManyRows,
    is_small,
    made,
    require_small,
    size,
)
from docflow.exports.models import Format, RegisterExport
from docflow.exports.rows import Wanted

__all__ = [
    "MEDIA_TYPES",
    "BadPeriod",
    "ExportFailed",
    "ExportState",
    "Format",
    "KeptFile",
    "Made",
    "NoSuchExport",
    "NotReady",
    "RegisterExport",
    "RightsLost",
    "TooManyRows",
    "Wanted",
    "file_of",
    "get",
    "is_small",
    "kept",
    "listing",
    "made",
    "name_of",
    "request",
    "require_small",
    "size",
    "wanted_of",
]
