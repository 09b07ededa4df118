"""Files that people bring: good ones, and those that went bad on their way."""

import io

import pikepdf
import typst
from playwright.sync_api import FilePayload

from tests.e2e.acts import PAGES, SCAN, as_file

FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(200)  # of a kind that is kept and not read


def written(text: str) -> bytes:
    """A PDF that somebody wrote in his own program."""
    source = f'#set text(lang: "el")\n{text}\n\n#lorem(120)'
    return bytes(typst.compile(source.encode()))


def encrypted() -> bytes:
    """A PDF that opens only with a password."""
    out = io.BytesIO()
    with pikepdf.open(SCAN) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="μυστικό", user="μυστικό"))
    return out.getvalue()


def long_scan(pages: int) -> bytes:
    """A scan of many pages, which takes a while to read."""
    out = io.BytesIO()
    with pikepdf.new() as pdf, pikepdf.open(SCAN) as one, pikepdf.open(_COPIER) as other:
        for number in range(pages):
            pdf.pages.append((one, other)[number % 2].pages[0])
        pdf.save(out)
    return out.getvalue()


def bad_files() -> dict[str, FilePayload]:
    """What went wrong with a file (as in documents.PROBLEMS), and the file."""
    scan = SCAN.read_bytes()
    return {
        "empty": as_file("κενό.pdf", b""),
        "unsupported": as_file("ταινία.pdf", FILM),
        "damaged": as_file("κομμένο.pdf", scan[: len(scan) // 2]),
        "encrypted": as_file("κλειδωμένο.pdf", encrypted()),
    }


_COPIER = PAGES / "28-hun-letter-copier.pdf"
