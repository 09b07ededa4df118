"""The public check of a proof: by the server here; the browser's own is in the browser stories."""

import base64
import json

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from docflow import audit, registry
from tests.api.browsing import Browser, words
from tests.api.conftest import House

KEY = Ed25519PrivateKey.generate()
ORIGIN = "protocol.example/log"


def sign(house: House) -> None:
    with house.office.db.begin() as session:
        while audit.sequence(session):
            pass
        bodies = session.scalars(text("SELECT id FROM bodies")).all()
        audit.sign_heads(session, origins=dict.fromkeys(bodies, ORIGIN), keys=[KEY])


@pytest.fixture
def proven(house: House, clerk: Browser) -> tuple[str, str]:
    """The address of a registered letter, and its proof."""
    address = house.register((b"%PDF-1.4 the letter", "letter.pdf"))
    sign(house)
    return address, clerk.get(f"{address}/proof").text


def check(visitor: Browser, proof: str, document: bytes | None = None, key: str = "") -> str:
    files = {"proof": ("a.tlog-proof", proof.encode())}
    if document is not None:
        files["document"] = ("letter.pdf", document)
    return words(visitor.post("/log/check", files=files, data={"key": key}))


def test_a_proof_and_its_document_hold(visitor: Browser, proven: tuple[str, str]) -> None:
    page = check(visitor, proven[1], b"%PDF-1.4 the letter")
    assert "The proof holds" in page
    assert "the very one that was registered" in page
    assert "Αίτηση επισκευής" in page


def forged(proof: str, change: str) -> str:
    """The proof with something else in it."""
    lines = proof.split("\n")
    extra = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    if change == "event":
        extra["event"] = extra["event"].replace('"via":"web"', '"via":"api"')
    elif change == "record":
        extra["record"]["subject"] = "Άλλο θέμα"
    elif change == "salt":
        extra["salt"] = "00" * 32
    if change in ("event", "record", "salt"):
        lines[1] = "extra " + base64.b64encode(json.dumps(extra).encode()).decode()
    elif change == "index":
        lines[2] = "index 0" if lines[2] != "index 0" else "index 1"
    elif change == "size":
        place = lines.index("") + 2
        lines[place] = str(int(lines[place]) + 1)
    elif change == "cut":
        lines = lines[:2]
    elif change == "binary":
        lines = ["\x00\x01" * 50]
    return "\n".join(lines)


@pytest.mark.parametrize("change", ["event", "record", "salt", "index", "size", "cut", "binary"])
def test_whatever_is_changed_in_it_is_found(
    visitor: Browser, proven: tuple[str, str], change: str
) -> None:
    assert "The proof does not hold" in check(visitor, forged(proven[1], change))


def test_another_document_and_another_key_are_found(
    visitor: Browser, proven: tuple[str, str]
) -> None:
    page = check(visitor, proven[1], b"%PDF-1.4 another letter")
    assert "The proof does not hold" in page
    stranger = audit.notes.Signer(ORIGIN, Ed25519PrivateKey.generate()).verifier
    assert "The proof does not hold" in check(visitor, proven[1], key=str(stranger))
    assert "The proof does not hold" in check(visitor, proven[1], key="no key")


def test_without_a_file_the_page_says_what_to_do(visitor: Browser) -> None:
    assert "Check a proof" in words(visitor.get("/log/check"))
    answer = visitor.post("/log/check", data={"key": ""})
    assert answer.status_code == 422
    assert "Choose the file of the proof" in words(answer)


def test_the_code_on_the_paper_leads_to_a_proof_without_what_was_registered(
    house: House, visitor: Browser, proven: tuple[str, str]
) -> None:
    address, _ = proven
    with house.office.db.read() as session:
        entry = session.get_one(registry.Entry, house.entry_id(address))
        code, subject = registry.codes.shown(entry.verification_code), entry.subject
    assert f"/verify/{code}/proof" in visitor.get(f"/verify/{code}").text
    answer = visitor.get(f"/verify/{code}/proof")
    assert "attachment" in answer.headers["content-disposition"]
    held = base64.b64decode(answer.text.split("\n")[1].removeprefix("extra ")).decode()
    assert subject not in held
    assert "The proof holds" in check(visitor, answer.text)
    assert visitor.get("/verify/AAAA-AAAA-AAAA-AAAA/proof").status_code == 404


def test_a_receipt_carries_the_proof_once_the_log_has_it(house: House, clerk: Browser) -> None:
    address = house.register((b"%PDF-1.4 with receipt", "letter.pdf"))
    sign(house)
    pdf = clerk.get(f"{address}/receipt.pdf")
    path = house.office.settings.data / "receipt.pdf"
    path.write_bytes(pdf.content)
    with pikepdf.open(path) as document:
        [name] = document.attachments
        proof = document.attachments[name].get_file().read_bytes().decode()
    assert name.endswith(".tlog-proof")
    verifier = str(audit.notes.Signer(ORIGIN, KEY).verifier)
    told = audit.judged(proof, keys=[verifier], document=b"%PDF-1.4 with receipt")
    assert told.holds, told


def test_the_text_of_the_qr_code_holds_too(visitor: Browser, proven: tuple[str, str]) -> None:
    """As a browser sends it that cannot check by itself."""
    digits = audit.packed(proven[1])
    assert digits is not None
    for code in (f"http://protocol.example/log/check#{digits}\n", digits):
        page = words(visitor.post("/log/check", data={"key": "", "code": code}))
        assert "The proof holds" in page
    changed = digits[:-3] + str((int(digits[-3]) + 1) % 10) + digits[-2:]
    page = words(visitor.post("/log/check", data={"key": "", "code": changed}))
    assert "The proof does not hold" in page
