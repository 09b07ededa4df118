"""Hexadecimal strings of a PDF, read in one go: a signature is one of some ten thousand digits.

pyHanko reads them digit by digit. A document of three signatures and two archive time-stamps has a
hundred thousand, and each step of signing it opens it several times: that was a quarter of all the
time that signing takes. What is not plain digits is left to pyHanko, which judges it as ever.
"""

from binascii import unhexlify
from typing import IO

from pyhanko.pdf_utils import generic

_DIGITS = b"0123456789abcdefABCDEF"
_PIECE = 16 << 10  # bytes

_by_digit = generic.read_hex_string_from_stream


def read(stream: IO[bytes]) -> generic.TextStringObject | generic.ByteStringObject:
    """The string at `<`; the stream stands behind its `>` then.

    Raises pyHanko's PdfStreamError where it has no end or holds what is no digit.
    """
    start = stream.tell()
    digits = bytearray()
    stream.read(1)
    while piece := stream.read(_PIECE):
        others = piece.translate(None, _DIGITS)
        if others:
            if others[:1] != b">":  # a space, a comment, a fault
                break
            digits += piece[: piece.index(b">")]
            stream.seek(start + len(digits) + 2)
            return generic.pdf_string(unhexlify(digits + b"0" * (len(digits) % 2)))
        digits += piece
    stream.seek(start)
    return _by_digit(stream)


generic.read_hex_string_from_stream = read
