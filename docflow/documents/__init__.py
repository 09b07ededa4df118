"""Files of entries: taken in, read, shown; the original never changes."""

from docflow.documents.intake import (
    BytesMissing,
    StoreUnavailable,
    TooLarge,
    Upload,
    attach,
    clean_name,
    receive,
    store_unavailable,
)
from docflow.documents.models import File, FileRole, ReadingState
from docflow.documents.queries import (
    FileInfo,
    PageInfo,
    file_at,
    files,
    next_position,
    pages,
)
from docflow.documents.reading import (
    PROBLEMS,
    NoSuchFile,
    NoSuchLanguage,
    StillReading,
    after_reading,
    keep,
    read_again,
    read_bytes,
    text_of,
)

__all__ = [
    "PROBLEMS",
    "BytesMissing",
    "File",
    "FileInfo",
    "FileRole",
    "NoSuchFile",
    "NoSuchLanguage",
    "PageInfo",
    "ReadingState",
    "StillReading",
    "StoreUnavailable",
    "TooLarge",
    "Upload",
    "after_reading",
    "attach",
    "clean_name",
    "file_at",
    "files",
    "keep",
    "next_position",
    "pages",
    "read_again",
    "read_bytes",
    "receive",
    "store_unavailable",
    "text_of",
]
