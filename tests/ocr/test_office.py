"""Office files as LibreOffice draws them: in a process that is watched, without network."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import ocr
from ocr import office
from tests.ocr import office_files as made

CONFINED = (sys.executable, "-P", "-m", "ocr.child.confined")


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        made.docx("Προς τον Δήμο Παραδείγματος", "Αίτηση βεβαίωσης οφειλής"),
        made.odt("Προς τον Δήμο Παραδείγματος", "Αίτηση βεβαίωσης οφειλής"),
        made.rtf("Προς τον Δήμο Παραδείγματος"),
    ],
    ids=["docx", "odt", "rtf"],
)
def test_the_pages_of_an_office_file_are_drawn_with_its_text(tmp_path: Path, data: bytes) -> None:
    pdf = _written(tmp_path / "a.pdf", ocr.pdf_of_office(_written(tmp_path / "a", data)))
    [page] = ocr.read_pages(pdf, languages=("ell",))
    assert page.source == "text-layer"
    assert "Προς τον Δήμο Παραδείγματος" in page.text
    assert page.words


def test_sheets_are_drawn_too(tmp_path: Path) -> None:
    pdf = ocr.pdf_of_office(_written(tmp_path / "a", made.xlsx(["Είδος", 12.5])))
    assert pdf.startswith(b"%PDF-")


def test_a_machine_without_libreoffice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert office.program() is None
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.pdf_of_office(_written(tmp_path / "a", made.docx("α")))
    assert caught.value.code == "needs-office"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"plain text"])
def test_other_kinds_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.pdf_of_office(_written(tmp_path / "a", data))
    assert caught.value.code == "unsupported"


def test_a_conversion_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The whole group of processes goes; a second is too little for thousands of pages."""
    limits = ocr.Limits(page_seconds=1)
    long = made.docx(*["Προς τον Δήμο Παραδείγματος " * 20] * 40_000)
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.pdf_of_office(_written(tmp_path / "a", long), limits=limits)
    assert caught.value.code in ("timeout", "damaged")
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in left


def test_what_is_confined_has_limits() -> None:
    ask = (
        "import resource as r, sys; "
        "print(r.getrlimit(r.RLIMIT_DATA)[0], r.getrlimit(r.RLIMIT_CPU)[0])"
    )
    order = [*CONFINED, str(1 << 30), "7", sys.executable, "-c", ask]
    said = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(1 << 30), "7"]


def test_a_document_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """A template and a picture by address (the way of many attacks): nobody is called."""
    called: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_error(404)

        do_OPTIONS = do_HEAD = do_PROPFIND = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" TargetMode="External" Target="{address}/t.dotm" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
        f'<Relationship Id="r2" TargetMode="External" Target="{address}/i.png" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/image"/></Relationships>'
    )
    picture = (
        '<w:p><w:r><w:t>κείμενο</w:t></w:r><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-'
        'com:vml" style="width:90pt;height:90pt"><v:imagedata xmlns:r="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships" r:id="r2"/></v:shape></w:pict>'
        "</w:r></w:p>"
    )
    data = made.docx(body=picture, more={"word/_rels/document.xml.rels": relations})
    try:
        assert ocr.pdf_of_office(_written(tmp_path / "a", data)).startswith(b"%PDF-")
    finally:
        server.shutdown()
        server.server_close()
    assert called == []
