"""The bytes after a signature: all of them must belong to revisions that every reader sees alike.

What pyHanko does not look at: objects that no table lists (programs that repair files find them),
tables with two entries for one object, pointers back into the signed part, signatures that the
chain of revisions leaves out. Each was tried out and passed its checks; none is ever written by a
program that signs.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO

import pypdfium2 as pdfium
from pyhanko.pdf_utils.generic import Reference, StreamObject
from pyhanko.pdf_utils.misc import PdfError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionMetaInfo, XRefSectionType

from signing.covering import covers_text

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+obj(?![a-zA-Z])")
_POINTER = re.compile(rb"startxref[\s\0]+(\d+)[\s\0]+%%EOF")
_SUBSECTION = re.compile(rb"(?m)^[ \t]*(\d+)[ \t]+(\d+)[ \t]*\r?$")
_RANGE = re.compile(rb"/ByteRange\s*\[\s*0+\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_GAP = re.compile(rb"<[0-9a-fA-F\s]+>")
_KEY_TWICE = "Multiple definitions in dictionary"  # how pyHanko words it
_BLANK = b"\r\n\t\f \0"


class Layout:
    """Where the parts of a file lie, found out once for all of its signatures."""

    def __init__(self, pdf: bytes, reader: PdfFileReader) -> None:
        self._pdf = pdf
        self._reader = reader
        xrefs = reader.xrefs
        self._tables = [xrefs.get_xref_container_info(one) for one in range(xrefs.total_revisions)]

    def reasons(self, *, end: int) -> set[str]:
        """What is wrong with the bytes from `end` on, where a signature's range ends."""
        tail = self._pdf[end:]
        if not tail.strip(_BLANK):
            return set()
        pointers = {int(number) for number in _POINTER.findall(tail)}
        declared = {one.declared_startxref for one in self._tables}
        if (self._reader.last_startxref or 0) < end or not pointers <= declared:
            # The last of them leads into the signed part, or one leads where no revision is.
            return {"trailing-bytes"}
        if any(place >= end for place in (*self._tables_listing_twice, *self._unlisted_objects)):
            return {"changed-after-signing"}
        return set()

    def covered(self, revision: int, *, end: int) -> bool:
        """Does a signature field added after `revision` stand on text that was there?"""
        if revision >= len(self._tables) - 1:
            return False
        try:
            return covers_text(self._pdf, self._reader, revision, end=end)
        except (pdfium.PdfiumError, AttributeError):
            return False  # a second opinion that could not be had; integrity does not rest on it

    @cached_property
    def _tables_listing_twice(self) -> list[int]:
        """Tables that give two places for one object."""
        return [
            table.start_location
            for table in self._tables
            if _overlap(self._subsections(table.start_location, table.end_location, table))
        ]

    def _subsections(
        self, start: int, end: int, table: XRefSectionMetaInfo
    ) -> list[tuple[int, int]]:
        """First number and count of each run of objects in a table."""
        if table.xref_section_type is XRefSectionType.STANDARD:
            text = self._pdf[start:end].partition(b"trailer")[0]
            return [(int(first), int(count)) for first, count in _SUBSECTION.findall(text)]
        if table.stream_ref is None:
            return []
        index = self._reader.get_object(table.stream_ref)
        numbers = [int(number) for number in index["/Index"]] if "/Index" in index else []
        return list(zip(numbers[::2], numbers[1::2], strict=False))

    @cached_property
    def _unlisted_objects(self) -> list[int]:
        """Where objects lie that no table lists; what only looks like one, in a stream, is none."""
        listed = dict(self._places())
        found = []
        before: int | None = None
        for match in _OBJECT.finditer(self._pdf):
            place = match.start()
            # Some programs let their tables point to the white space before.
            blank = len(self._pdf[max(0, place - 16) : place].rstrip(_BLANK)) + max(0, place - 16)
            known = next((one for one in range(place, blank - 1, -1) if one in listed), None)
            if known is not None:
                before = known
            elif before is None or not self._is_in_stream(listed[before], before, place):
                found.append(place)
        return found

    def _places(self) -> Iterator[tuple[int, Reference | None]]:
        """Where the tables of all revisions say that objects begin."""
        xrefs = self._reader.xrefs
        for revision, table in enumerate(self._tables):
            yield table.start_location, table.stream_ref
            for reference in xrefs.explicit_refs_in_revision(revision):
                place = xrefs.get_historical_ref(reference, revision)
                if isinstance(place, int):
                    yield place, reference

    def _is_in_stream(self, reference: Reference | None, start: int, place: int) -> bool:
        """Is `place` within the data of the stream that begins at `start`?"""
        if reference is None:
            return False
        xrefs = self._reader.xrefs
        for revision in range(xrefs.total_revisions):
            if xrefs.get_historical_ref(reference, revision) == start:
                found = self._reader.get_object(reference, revision)
                opening = re.search(rb"stream\r?\n", self._pdf[start:place])
                return (
                    isinstance(found, StreamObject)
                    and opening is not None
                    and place < start + opening.end() + len(found.encoded_data)
                )
        return False


def _overlap(runs: list[tuple[int, int]]) -> bool:
    last = -1
    for first, count in sorted(run for run in runs if run[1]):
        if first <= last:
            return True
        last = first + count - 1
    return False


def forgotten_signatures(pdf: bytes, known: set[tuple[int, int]]) -> bool:
    """Does the file hold a signature over itself that the document no longer shows?

    `known` are the gaps (from, to) of the signatures that it shows.
    """
    for found in _RANGE.finditer(pdf):
        gap_start, gap_end, rest = (int(number) for number in found.groups())
        if (gap_start, gap_end) in known or not gap_start < gap_end <= gap_end + rest <= len(pdf):
            continue
        gap = pdf[gap_start:gap_end]
        if _GAP.fullmatch(gap) and gap.strip(b"<>0 \r\n\t"):
            return True
    return False


def ambiguous_after(pdf: bytes, *, end: int) -> bool:
    """Does a dictionary after `end` have a key twice? Programs differ in which they believe.

    For files that a strict reader refuses. Other faults than this are sloppiness: they are found
    in sound files, and do not mean one thing here and another there.
    """
    if _is_ambiguous(pdf) and not _is_ambiguous(pdf[:end]):
        return True
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    reader.strict = True
    xrefs = reader.xrefs
    for revision in range(xrefs.total_revisions):
        if xrefs.get_xref_container_info(revision).start_location < end:
            continue
        for reference in xrefs.explicit_refs_in_revision(revision):
            try:
                reader.get_object(reference, revision)
            except PdfError as error:
                if _KEY_TWICE in str(error):
                    return True
    return False


def _is_ambiguous(pdf: bytes) -> bool:
    try:
        PdfFileReader(BytesIO(pdf)).root  # noqa: B018  # read when asked for
    except PdfStrictReadError as error:
        return _KEY_TWICE in str(error)
    return False
