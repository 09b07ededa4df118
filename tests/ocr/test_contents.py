"""Files that are no pages: text of office files, parts of mails and archives, and their bombs."""

import io
import zipfile
from pathlib import Path

import pytest

import ocr
from tests.ocr import office_files as made

LIMITS = ocr.Limits(max_parts=5, max_part_bytes=1 << 20, max_inside_bytes=3 << 20)
ENTITIES = (
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)


@pytest.fixture
def file(tmp_path: Path):
    def write(data: bytes) -> Path:
        path = tmp_path / "αρχείο"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("data", "pages"),
    [
        (made.docx("Προς τον Δήμο", "Αίτηση 12"), ("Προς τον Δήμο\nΑίτηση 12",)),
        (
            made.docx(
                body="<w:p><w:r><w:t>α</w:t><w:tab/><w:t>β</w:t><w:br/><w:t>γ</w:t>"
                "<w:delText>σβησμένο</w:delText></w:r></w:p>"
            ),
            ("α\tβ\nγ",),
        ),
        (made.pptx("Πρώτη", "Δεύτερη"), ("Πρώτη", "Δεύτερη")),
        (
            made.xlsx(["Είδος", 3.0, None, 12.5], ["Σύνολο", 15]),
            ("Φύλλο\nΕίδος\t3\t\t12.5\nΣύνολο\t15",),
        ),
        (made.odt("Ελληνικό <text:tab/>κείμενο", "δύο"), ("Ελληνικό \tκείμενο\nδύο",)),
        (made.rtf("Καλημέρα κόσμε"), ("Καλημέρα κόσμε",)),
        ("Απόφαση\fΣελίδα δύο".encode(), ("Απόφαση", "Σελίδα δύο")),
        ("Άρθρο πρώτο της σύμβασης".encode("cp737"), ("Άρθρο πρώτο της σύμβασης",)),
        ("Άρθρο πρώτο της σύμβασης".encode("cp1253"), ("Άρθρο πρώτο της σύμβασης",)),
        ("Άρθρο Άλφα της σύμβασης".encode("iso-8859-7"), ("Άρθρο Άλφα της σύμβασης",)),
        (
            "Árvíztűrő tükörfúrógép, a kérelem".encode("cp1250"),
            ("Árvíztűrő tükörfúrógép, a kérelem",),
        ),
        ("﻿με σήμα".encode("utf-16"), ("﻿με σήμα",)),
    ],
    ids=[
        "docx",
        "runs",
        "pptx",
        "xlsx",
        "odt",
        "rtf",
        "utf-8",
        "dos",
        "windows",
        "iso",
        "hu",
        "16",
    ],
)
def test_the_text_of_a_file_without_pages_is_read(
    file, data: bytes, pages: tuple[str, ...]
) -> None:
    assert ocr.read_text(file(data)).pages == pages


def test_of_html_only_the_seen_words_are_read_and_nothing_is_loaded(file) -> None:
    page = (
        "<html><head><title>x</title><style>p{}</style></head><body><h1>Τίτλος</h1>"
        "<p>Λόγος&nbsp;α &amp; β<img src='http://127.0.0.1:9/x.png' alt='σφραγίδα'></p>"
        "<script>document.write('κακό')</script><iframe src='file:///etc/passwd'></iframe>"
    )
    [text] = ocr.read_text(file(page.encode())).pages
    assert text.split() == ["Τίτλος", "Λόγος", "α", "&", "β", "σφραγίδα"]


def test_a_long_text_comes_in_pieces_and_ends(file) -> None:
    limits = ocr.Limits(max_text=50_000)
    found = ocr.read_text(file(("γραμμή\n" * 20_000).encode()), limits=limits)
    assert found.is_cut
    assert all(len(page) <= 20_000 for page in found.pages)
    assert sum(map(len, found.pages)) <= 50_000


def test_a_nul_in_a_text_does_not_reach_the_database(file) -> None:
    assert ocr.read_text(file("α\x00β".encode("utf-16"))).pages == ("αβ",)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + b"word/[Content_Types].xml" + b"\x00" * 50, "damaged"),
        (made.docx(body="<w:p>")[:-30], "damaged"),
        (made.docx(body="<w:p>"), "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "needs-office"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "locked-office",
        ),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"\x78\x9f\x3e\x22\x01\x00", "winmail"),
        (b"\x00\x01\x02\x03", "unsupported"),
    ],
)
def test_what_has_no_text_says_why(file, data: bytes, code: str) -> None:
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.read_text(file(data))
    assert caught.value.code == code


def test_a_locked_open_document_says_so(file) -> None:
    locked = made.packed(
        {"META-INF/manifest.xml": "<manifest:encryption-data/>", "content.xml": "\x00\x01"},
        first="application/vnd.oasis.opendocument.text",
    )
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.read_text(file(locked))
    assert caught.value.code == "locked-office"


@pytest.mark.parametrize(
    "xml",
    [
        ENTITIES + "<w:p xmlns:w='w'><w:t>&b;&c;</w:t></w:p>",
        "<a>" * 100_000,
        "<w:p>" + " " * (20 << 20) + "</w:p>",
    ],
    ids=["entities", "depth", "blanks"],
)
def test_bombs_in_xml_end_within_the_limits_and_tell_nothing(file, xml: str) -> None:
    bomb = made.docx("x", more={"word/header1.xml": xml})
    try:
        shown, code = "".join(ocr.read_text(file(bomb)).pages), ""
    except ocr.Unreadable as error:
        shown, code = "", error.code
    assert code in ("", "damaged", "memory", "timeout")
    assert "root:" not in shown
    assert len(shown) < 1000


def test_a_sheet_that_claims_a_million_rows_is_read_to_its_end(file) -> None:
    data = made.xlsx(["α"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    members["xl/worksheets/sheet1.xml"] = sheet.replace('ref="A1"', 'ref="A1:XFD1048576"')
    assert ocr.read_text(file(made.packed(members))).pages[0].startswith("Φύλλο\nα")


def test_a_mail_gives_headers_text_and_parts(file) -> None:
    path = file(
        made.eml(
            html="<p>Γεια</p>",
            inline=b"\x89PNG\r\n\x1a\n",
            attachments={"αίτηση.pdf": b"%PDF-1.4", "παλιό.eml": b"hello"},
        )
    )
    found = ocr.take_apart(path)
    assert found.mail is not None
    assert (found.mail.sender.name, found.mail.sender.address) == (
        "Ελένη Δήμου",
        "eleni@example.gr",
    )
    assert found.mail.subject == "Αίτηση βεβαίωσης"
    assert found.mail.sent_at is not None
    assert found.mail.sent_at.isoformat() == "2026-11-16T08:30:00+00:00"
    assert found.text == "Σας στέλνουμε την αίτηση."
    assert [(part.name, part.role) for part in found.parts] == [
        ("κείμενο.txt", "body"),
        ("κείμενο.html", "body"),
        ("συνημμένο-3.png", "inline"),
        ("αίτηση.pdf", "attachment"),
        ("παλιό.eml", "attachment"),
    ]
    assert ocr.part_bytes(path, 4) == b"%PDF-1.4"
    assert b"hello" in ocr.part_bytes(path, 5)


@pytest.mark.parametrize(
    ("head", "subject", "sender"),
    [
        (b"Subject: " + "Αίτηση".encode("cp1253") + b"\r\nFrom: x@y.gr", "Αίτηση", "x@y.gr"),
        (b"Subject: =?iso-8859-7?B?wf/08yY=?=\r\nFrom: x@y.gr", "", "x@y.gr"),
        (b'Subject: =?no-such?Q?abc?=\r\nFrom: "\xff" <x@y.gr>', "abc", "x@y.gr"),
        (b"Subject: a\r\nFrom: <<<>>,,;:@\r\nDate: yesterday\r\nTo: @@", "a", ""),
        (b"From: a@b.gr\r\nFrom: c@d.gr\r\nSubject: " + b"x" * 70_000, "x" * 70_000, "a@b.gr"),
    ],
)
def test_headers_of_any_make_do_not_stop_a_mail(
    file, head: bytes, subject: str, sender: str
) -> None:
    path = file(head + b"\r\nMIME-Version: 1.0\r\n\r\nbody")
    found = ocr.take_apart(path)
    assert found.mail is not None
    assert subject in found.mail.subject
    assert found.mail.sender.address in (sender, "", "x@y.gr")
    assert found.text == "body"


def test_a_mail_that_was_cut_off_still_gives_what_is_there(file) -> None:
    whole = made.eml(attachments={"a.pdf": b"%PDF-1.4" * 100})
    found = ocr.take_apart(file(whole[: len(whole) - 300]))
    assert found.text == "Σας στέλνουμε την αίτηση."
    assert [part.role for part in found.parts] == ["body", "attachment"]


def test_parts_in_parts_without_end_are_refused(file) -> None:
    head = b"From: a@b.gr\r\nTo: c@d.gr\r\n"
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (i, i) for i in range(200)
    )
    with pytest.raises(ocr.Unreadable):
        ocr.take_apart(file(head + deep))


def test_an_outlook_message_gives_headers_text_and_parts(file) -> None:
    path = file(
        made.msg(
            "Θέμα δοκιμής",
            "Κείμενο του μηνύματος",
            sender=("Ελένη Δήμου", "eleni@example.gr"),
            attachment=("αίτηση.pdf", b"%PDF-1.4" + b"x" * 6000),
        )
    )
    found = ocr.take_apart(path)
    assert found.mail is not None
    assert (found.mail.subject, found.mail.sender.name) == ("Θέμα δοκιμής", "Ελένη Δήμου")
    assert found.text == "Κείμενο του μηνύματος"
    assert [(part.name, part.role) for part in found.parts] == [
        ("κείμενο.txt", "body"),
        ("αίτηση.pdf", "attachment"),
    ]
    assert ocr.part_bytes(path, 2) == b"%PDF-1.4" + b"x" * 6000


@pytest.mark.parametrize("cut", [600, 1500, 2600])
def test_a_broken_outlook_message_is_damaged(file, cut: int) -> None:
    whole = made.msg("θ", "κ", sender=("α", "a@b.gr"), attachment=("α.pdf", b"x" * 100))
    broken = file(
        whole[:cut] + b"__substg1.0_".join([b""] * 2) + "__substg1.0_".encode("utf-16-le")
    )
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.take_apart(broken)
    assert caught.value.code in ("damaged", "unsupported")


def test_an_archive_gives_its_members_by_their_bare_names(file) -> None:
    path = file(
        made.packed({"../../etc/passwd": b"a", "φάκελος/αίτηση.pdf": b"b", "C:\\x.txt": b"c"})
    )
    found = ocr.take_apart(path)
    assert [part.name for part in found.parts] == ["passwd", "αίτηση.pdf", "x.txt"]
    assert found.notes == (("folder-name", "passwd"), ("folder-name", "x.txt"))
    assert [ocr.part_bytes(path, number) for number in (1, 2, 3)] == [b"a", b"b", b"c"]


def test_names_of_greek_windows_are_read(file) -> None:
    data = bytearray(made.packed({"XXXXXX.pdf": b"a"}))
    greek = "Αίτηση".encode("cp737")
    while (place := data.find(b"XXXXXX")) >= 0:
        data[place : place + 6] = greek
    assert [part.name for part in ocr.take_apart(file(bytes(data))).parts] == ["Αίτηση.pdf"]


def test_a_locked_member_stays_in_the_archive(file) -> None:
    data = bytearray(made.packed({"secret.txt": b"a", "open.txt": b"b"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    found = ocr.take_apart(file(bytes(data)))
    assert [(part.name, part.problem) for part in found.parts] == [
        ("secret.txt", "part-encrypted"),
        ("open.txt", ""),
    ]


def test_archive_bombs_stay_packed(file) -> None:
    """One that says its size, one that lies about it, one of many files, one that is too large."""
    assert ocr.take_apart(file(made.packed({"b": bytes(50 << 20)}))).parts[0].problem == "part-bomb"
    many = ocr.take_apart(file(made.packed({str(n): b"x" for n in range(9)})), limits=LIMITS)
    assert (len(many.parts), many.notes) == (5, (("too-many-parts", "5"),))
    large = ocr.take_apart(file(made.packed({"a": b"xy" * (1 << 20)})), limits=LIMITS)
    assert large.parts[0].problem == "part-too-large"
    heap = {str(n): bytes(range(256)) * 4000 for n in range(4)}
    assert ocr.take_apart(file(made.packed(heap)), limits=LIMITS).notes == (
        ("too-large-inside", "3"),
    )


def test_a_member_that_lies_about_its_size_is_not_unpacked(file) -> None:
    data = bytearray(made.packed({"b": bytes(8 << 20)}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark) + place
        data[at : at + 4] = (1000).to_bytes(4, "little")
    path = file(bytes(data))
    assert ocr.take_apart(path, limits=LIMITS).parts[0].problem == ""
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.part_bytes(path, 1, limits=LIMITS)
    assert caught.value.code == "damaged"


def test_a_pointer_in_an_archive_is_not_followed(file) -> None:
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert ocr.take_apart(file(made_of.getvalue())).parts[0].problem == "part-link"


@pytest.mark.parametrize("data", [made.packed({}) + b"", b"PK\x03\x04" + b"\x00" * 100])
def test_an_archive_without_files_says_so(file, data: bytes) -> None:
    with pytest.raises(ocr.Unreadable) as caught:
        ocr.take_apart(file(data))
    assert caught.value.code in ("empty", "damaged", "unsupported")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (made.packed({"a.pdf": b"%PDF-1.4"}, first="%PDF-1.7"), "application/zip"),
        (b"From: a@b.gr\r\nSubject: x\r\n\r\n%PDF-1.4", "message/rfc822"),
        (b"junk\r\n%PDF-1.4", "application/pdf"),
    ],
)
def test_a_pdf_inside_does_not_make_a_pdf_of_it(file, data: bytes, kind: str) -> None:
    assert ocr.media_type(file(data)) == kind
