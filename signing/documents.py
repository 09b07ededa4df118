"""Opening a PDF for signing, and what makes one unfit for it."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError as PyHankoSigningError
from pyhanko_certvalidator.errors import PathError
from pyhanko_certvalidator.errors import ValidationError as CertificateError

from signing import hexadecimal  # noqa: F401  # pyHanko reads signatures by it
from signing.errors import BadDocument, FieldMissing, SigningError

# What pyHanko and its libraries raise bare on malformed files, besides their own errors: of 153
# files of DSS's tests, 13 did.
FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    CertificateError,
    InvalidSignature,
    PathError,
    PdfError,
    UnsupportedAlgorithm,
    zlib.error,
)


def open_reader(pdf: bytes) -> PdfFileReader:
    """A strict reader over bytes. Raises BadDocument for all that must not be signed."""
    if b"%PDF-" not in pdf[:1024]:
        raise BadDocument("This is not a PDF file.")
    with pyhanko_errors():
        reader = PdfFileReader(BytesIO(pdf))
        if reader.encrypted:
            raise BadDocument("The PDF is encrypted: it cannot be signed.")
        if reader.xrefs.hybrid_xrefs_present:
            # Two readers can see two different documents in such a file.
            raise BadDocument("The PDF has two cross-reference tables: save it anew, then sign.")
        if int(reader.root["/Pages"]["/Count"]) < 1:
            raise BadDocument("The PDF has no page.")
    return reader


def open_writer(pdf: bytes) -> IncrementalPdfFileWriter:
    """A writer that appends to the document and leaves its bytes as they are."""
    return IncrementalPdfFileWriter.from_reader(open_reader(pdf))


@contextmanager
def pyhanko_errors() -> Iterator[None]:
    """Say in our own words what pyHanko could not do."""
    try:
        yield
    except SigningError:
        raise
    except PyHankoSigningError as error:
        raise FieldMissing(str(error)) from error
    except PdfError as error:
        raise BadDocument(f"The PDF is damaged: {error}") from error
    except (
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
    ) as error:
        # What pyHanko raises bare on malformed files: 13 of 153 files of DSS's tests.
        raise BadDocument(f"The PDF is malformed: {error!r}") from error
    except RecursionError as error:
        raise BadDocument("The PDF is malformed: its objects are nested without end.") from error
