"""Scans after the number: batches are split by their labels and file themselves (domain row 39).

What is certain goes to its entry by itself; everything else waits before a person, with pictures.
Nothing is ever dropped: a batch keeps its bytes, and each page stands in exactly one place.
"""

from docflow.scans import batches as _splitting  # noqa: F401  # its job
from docflow.scans import filing, queries
from docflow.scans.access import (
    NoSuchBatch,
    NoSuchScan,
    ScanMoved,
    ScanUnreadable,
    may_scan,
    require,
)
from docflow.scans.decisions import (
    NoSuchPage,
    NoteMissing,
    NothingBefore,
    NotUnreadable,
    NotYoursToFile,
    as_upload,
    attach,
    discard,
    join,
    retry,
    rotate,
    scan_again,
    split,
    take_back,
    take_in,
)
from docflow.scans.folder import TAKEN, Watcher, watch
from docflow.scans.intake import Taken, take, upload
from docflow.scans.marks import Meaning, meaning
from docflow.scans.models import (
    Batch,
    BatchState,
    Document,
    DocumentState,
    Page,
    PageKind,
    Reason,
    Source,
)
from docflow.scans.queries import BatchLine, DocumentShown, PageShown, Picture, review_count
from docflow.scans.scanner import (
    MODES,
    PROBLEMS,
    RESOLUTIONS,
    SOURCES,
    Device,
    NoScannerProgram,
    NoSuchScanner,
    devices,
    start,
)

__all__ = [
    "MODES",
    "PROBLEMS",
    "RESOLUTIONS",
    "SOURCES",
    "TAKEN",
    "Batch",
    "BatchLine",
    "BatchState",
    "Device",
    "Document",
    "DocumentShown",
    "DocumentState",
    "Meaning",
    "NoScannerProgram",
    "NoSuchBatch",
    "NoSuchPage",
    "NoSuchScan",
    "NoSuchScanner",
    "NotUnreadable",
    "NotYoursToFile",
    "NoteMissing",
    "NothingBefore",
    "Page",
    "PageKind",
    "PageShown",
    "Picture",
    "Reason",
    "ScanMoved",
    "ScanUnreadable",
    "Source",
    "Taken",
    "Watcher",
    "as_upload",
    "attach",
    "devices",
    "discard",
    "filing",
    "join",
    "may_scan",
    "meaning",
    "queries",
    "require",
    "retry",
    "review_count",
    "rotate",
    "scan_again",
    "split",
    "start",
    "take",
    "take_back",
    "take_in",
    "upload",
    "watch",
]
