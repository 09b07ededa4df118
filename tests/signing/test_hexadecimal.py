"""A string of hexadecimal digits is read as pyHanko reads it, but not digit by digit."""

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from signing import hexadecimal

PIECES = st.lists(
    st.sampled_from([b"0", b"aF", b"FEFF03B1", b" ", b"\n", b"%c\n", b"g", b"<", b">", b"(", b"\0"])
)


class Counting(BytesIO):
    """Counts how often it was read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


def outcome(reader, data: bytes) -> object:
    """What was read and where the stream stands then, or that it was refused."""
    stream = BytesIO(b"..<" + data)
    stream.seek(2)
    try:
        found = reader(stream)
    except PdfError as error:
        return type(error), str(error)
    return type(found), found, stream.tell()


@given(PIECES.map(b"".join))
@example(b">")
@example(b"4>")
@example(b"41" * 8192 + b">41")
@example(b"41" * 8191 + b"4>")
@example(b"4" * 16385 + b" 1>")
@example(b"41" * 9000)
def test_what_is_read_is_what_pyhanko_reads(data: bytes) -> None:
    assert outcome(hexadecimal.read, data) == outcome(hexadecimal._by_digit, data)


@pytest.mark.parametrize("size", [16 << 10, 256 << 10])
def test_a_signature_is_read_in_pieces(size: int) -> None:
    stream = Counting(b"<" + b"5a" * size + b">")
    found = generic.read_object(stream, generic.Reference(1, 0))
    assert found.original_bytes == b"\x5a" * size
    assert stream.reads < 100
