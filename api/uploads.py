"""Taking a form apart while the disk for temporary files may be full.

Files above a megabyte lie on disk until the form is dealt with. Where there is no room for one, the
form is read to its end all the same, so that what was typed is not lost; only reading that file
then says what is the case (`documents.NoRoom`).
"""

import errno
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO, cast

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from docflow import documents

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAX_TEXT = 1 << 20  # bytes of one field that is no file


async def form_of(
    request: Request, *, max_files: int, max_fields: int, max_part_size: int = _MAX_TEXT
) -> FormData:
    """The form of a request, as `request.form()`, which gives it again afterwards."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and request._form is None:  # starlette offers no other way
        parser = _Parser(
            request.headers,
            request.stream(),
            max_files=max_files,
            max_fields=max_fields,
            max_part_size=max_part_size,
        )
        try:
            request._form = await parser.parse()
        except MultiPartException as error:
            raise HTTPException(400, error.message) from error
    return await request.form(
        max_files=max_files, max_fields=max_fields, max_part_size=max_part_size
    )


def is_full(error: BaseException | None) -> bool:
    """Whether a disk without room is the reason."""
    return isinstance(error, OSError) and error.errno in _FULL


class _Parser(MultiPartParser):
    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        file = self._current_part.file
        if file is not None:
            self._current_part.file = UploadFile(
                cast(BinaryIO, _File(file.file)),
                size=file.size,
                filename=file.filename,
                headers=file.headers,
            )


class _File:
    """A temporary file that swallows what finds no room, and says so when it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._is_lost = file, False

    def write(self, data: bytes) -> int:
        if not self._is_lost:
            try:
                return self._file.write(data)
            except OSError as error:
                if not is_full(error):
                    raise
                self._lose()
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        self._require()
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        try:
            return self._file.seek(offset, whence)  # which writes out what is in the buffers
        except OSError as error:
            if not is_full(error):
                raise
            self._lose()
            return 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def _lose(self) -> None:
        with suppress(OSError):
            self._file.close()  # frees what it had of the disk
        self._file, self._is_lost = BytesIO(), True

    def _require(self) -> None:
        if self._is_lost:
            raise documents.no_room()
