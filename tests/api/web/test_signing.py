"""Keys, signing elsewhere, verdicts, exact copies and corrected re-issue, in the browser."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import signing
from docflow.settings import SigningService
from tests.api.browsing import Browser, words
from tests.api.conftest import House, Issued
from tests.factories import KEY_PASSWORD
from tests.signing.servers.otp import OtpServer
from tests.signing.servers.service import running

Browsing = Callable[..., Browser]


@pytest.fixture
def lawyer(browsing: Browsing) -> Browser:
    return browsing("lawyer")


@pytest.fixture
def otp(house: House) -> Iterator[OtpServer]:
    """The public sector's service, set up for the house, with the key of the lawyer."""
    data = house.keys.pki.issue_person(name="Ιωάννα Σταύρου", password=KEY_PASSWORD)
    key, certificate, chain = pkcs12.load_key_and_certificates(data, KEY_PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate is not None
    with running(OtpServer(key, [certificate, *chain])) as server:
        house.office.settings.signing_services.append(
            SigningService(name="aped", kind="otp", title="ΑΠΕΔ", url=server.url, timeout=2)
        )
        yield server
        house.office.settings.signing_services.clear()


def draft_of(house: House, engineer: Browser) -> str:
    """A draft that waits for the engineer's signature."""
    address = house.accepted(house.register())
    form = {
        "subject": "Απάντηση",
        "recipient": "Σύλλογος",
        "recipient_email": "a@example.gr",
        "channel": "pickup",
        "body": "Κείμενο.",
    }
    answer = engineer.post(f"{address}/answer", data=form)
    draft = answer.headers["location"].partition("?")[0]
    final = {"final_signer": str(house.town.users["mayor"])}
    assert engineer.post(f"{draft}/circulate", data=final).status_code == 303
    return draft


def test_a_person_adds_a_key_file_changes_its_password_and_removes_it(
    lawyer: Browser, house: House
) -> None:
    data = house.keys.pki.issue_person(name="Ιωάννα Σταύρου", password=KEY_PASSWORD)
    files = {"key": ("key.p12", data, "application/x-pkcs12")}
    wrong = lawyer.post("/keys/file", data={"password": "λάθος"}, files=files)
    assert wrong.status_code == 422
    assert "wrong" in words(wrong)
    added = lawyer.post("/keys/file", data={"password": KEY_PASSWORD}, files=files)
    assert added.headers["location"] == "/keys?done=keys-file"
    assert "Ιωάννα Σταύρου (TEST)" in words(lawyer.get("/keys"))
    new = {"password": KEY_PASSWORD, "new_password": "νέος-κωδικός", "repeated": "άλλος-κωδικός"}
    differ = lawyer.post("/keys/password", data=new)
    assert "differ" in words(differ)
    assert "νέος-κωδικός" not in differ.text
    changed = lawyer.post("/keys/password", data={**new, "repeated": "νέος-κωδικός"})
    assert changed.status_code == 303
    assert lawyer.post("/keys/remove", data={}).status_code == 303
    assert "no signing key yet" in words(lawyer.get("/keys"))
    assert lawyer.post("/keys/remove", data={}).status_code == 404


def test_a_person_signs_with_a_key_at_a_service(
    lawyer: Browser, house: House, otp: OtpServer
) -> None:
    account = {"service": "aped", "username": "anna", "password": "άλλο"}
    refused = lawyer.post("/keys/service", data=account)
    assert "στοιχεία" in words(refused)
    assert "άλλο" not in refused.text.replace("anna", "")
    connected = lawyer.post("/keys/service", data={**account, "password": "secret"})
    assert connected.status_code == 303, words(connected)
    shown = words(lawyer.get("/keys"))
    assert "ΑΠΕΔ" in shown
    assert "one-time password" in shown
    assert lawyer.post("/keys/remove", data={}).status_code == 303


def test_what_is_no_certificate_is_not_registered(lawyer: Browser) -> None:
    files = {"certificate": ("a.pem", b"hello", "application/x-pem-file")}
    answer = lawyer.post("/keys/certificate", data={}, files=files)
    assert answer.status_code == 422


def test_a_draft_is_signed_elsewhere_and_brought_back(browsing: Browsing, house: House) -> None:
    engineer = browsing("engineer")
    draft = draft_of(house, engineer)
    shown = engineer.get(draft)
    assert "Sign elsewhere" in words(shown)
    seen = engineer.get(f"{draft}/elsewhere/document.pdf")
    files = {"signed": ("a.pdf", seen.content, "application/pdf")}
    untaken = engineer.post(f"{draft}/elsewhere/bring", data={}, files=files)
    assert untaken.status_code == 409, "to look at it is not to take it along"
    taken = engineer.post(f"{draft}/elsewhere/document.pdf", data={})
    assert taken.headers["content-disposition"].startswith("attachment")
    pdf = taken.content
    assert pdf == seen.content
    unchanged = engineer.post(f"{draft}/elsewhere/bring", data={}, files=files)
    assert unchanged.status_code == 422
    assert "without a signature" in words(unchanged)
    key = signing.SigningKey.load_pkcs12(house.keys.persons["engineer"], KEY_PASSWORD)
    signed = signing.sign(pdf, key, field="Signer1", tsa_urls=house.office.settings.tsa_urls)
    files = {"signed": ("a.pdf", signed, "application/pdf")}
    back = engineer.post(f"{draft}/elsewhere/bring", data={}, files=files)
    assert back.headers["location"] == f"{draft}?done=sign"
    assert engineer.get(f"{draft}/document.pdf").content == signed


def test_only_the_digest_is_shown_and_a_wrong_value_refused(
    browsing: Browsing, house: House
) -> None:
    engineer = browsing("engineer")
    draft = draft_of(house, engineer)
    assert engineer.post(f"{draft}/elsewhere/digest", data={}).status_code == 303
    assert "SHA-256, base64" in words(engineer.get(draft))
    answer = engineer.post(f"{draft}/elsewhere/value", data={"value": "00ff"})
    assert answer.status_code == 422
    assert "does not fit" in words(answer)


def test_another_cannot_take_the_document(browsing: Browsing, house: House) -> None:
    draft = draft_of(house, browsing("engineer"))
    assert browsing("mayor").get(f"{draft}/elsewhere/document.pdf").status_code == 403
    assert browsing("clerk").get(f"{draft}/elsewhere/document.pdf").status_code == 404


def test_an_incoming_signed_file_shows_its_verdict(
    browsing: Browsing, house: House, issued: Issued
) -> None:
    address = house.register((issued.pdf, "υπογεγραμμένο.pdf"))
    house.run_jobs()
    house.run_jobs()
    clerk = browsing("clerk")
    assert "Signatures: Valid" in words(clerk.get(address))
    report = clerk.get(f"{address}/files/1/signatures")
    assert "who signed it is confirmed" in words(report)
    assert "total-passed" in words(report)
    kept = clerk.get(f"{address}/files/1/signatures.json")
    assert kept.json()["document"]["verdict"] == "valid"
    assert b"ValidationReport" in clerk.get(f"{address}/files/1/signatures.xml").content
    assert clerk.get(f"{address}/files/1/signatures.exe").status_code == 404
    again = clerk.post(f"{address}/files/1/signatures", data={})
    assert again.status_code == 303
    assert "being checked" in words(clerk.get(f"{address}/files/1/signatures"))


def test_the_report_of_a_closed_entry_is_closed(
    browsing: Browsing, house: House, issued: Issued
) -> None:
    secret = house.register((issued.pdf, "α.pdf"), secret=True)
    for end in ("", ".json"):
        assert browsing("clerk").get(f"{secret}/files/1/signatures{end}").status_code == 404


def test_any_file_is_checked_and_not_kept(browsing: Browsing, issued: Issued) -> None:
    clerk = browsing("clerk")
    files = {"file": ("a.pdf", issued.pdf, "application/pdf")}
    good = clerk.post("/validate", data={}, files=files)
    assert "Valid" in words(good)
    changed = issued.pdf[:3000] + b"x" + issued.pdf[3001:]
    bad = clerk.post("/validate", data={}, files={"file": ("a.pdf", changed, "application/pdf")})
    assert "Do not rely" in words(bad)
    assert clerk.post("/validate", data={}).status_code == 422
    greek = browsing("clerk", language="el").post("/validate", data={}, files=files)
    assert "Έγκυρο" in words(greek)


def test_an_administrator_checks_no_files(browsing: Browsing) -> None:
    assert browsing("administrator").get("/validate").status_code == 403


def test_the_registry_issues_a_copy_of_an_entrys_file(
    browsing: Browsing, house: House, issued: Issued
) -> None:
    clerk = browsing("clerk")
    form = {"kind": "exact", "position": "1", "purpose": "Για δικαστική χρήση"}
    made = clerk.post(f"{issued.address}/copies", data=form)
    assert made.status_code == 303, words(made)
    shown = words(clerk.get(issued.address))
    assert "Για δικαστική χρήση" in shown
    number = shown.split("Copy ")[1].split()[0]
    pdf = clerk.get(f"{issued.address}/copies/{number}.pdf")
    assert pdf.content.startswith(b"%PDF")
    digitised = clerk.post(f"{issued.address}/copies", data={**form, "kind": "digitised"})
    assert digitised.status_code == 422
    assert "where the paper" in words(digitised)
    assert browsing("mayor").post(f"{issued.address}/copies", data=form).status_code in (403, 404)
    verified = browsing("clerk").get("/validate")
    assert verified.status_code == 200


def test_the_drafter_begins_a_corrected_reissue(browsing: Browsing, unclaimed: Issued) -> None:
    engineer = browsing("engineer")
    assert "Issue again, corrected" in words(engineer.get(unclaimed.address))
    empty = engineer.post(f"{unclaimed.address}/reissue", data={"correction_reason": " "})
    assert empty.status_code == 422
    begun = engineer.post(
        f"{unclaimed.address}/reissue", data={"correction_reason": "την ημερομηνία"}
    )
    assert begun.status_code == 303, words(begun)
    draft = begun.headers["location"].partition("/edit")[0]
    assert "Corrected re-issue of" in words(engineer.get(draft))
    assert "A corrected re-issue was begun" in words(engineer.get(unclaimed.address))
    twice = engineer.post(
        f"{unclaimed.address}/reissue", data={"correction_reason": "την ημερομηνία"}
    )
    assert twice.status_code == 409


def test_the_administrators_page_tells_what_ends_and_changes_the_stamps(
    browsing: Browsing, house: House, issued: Issued
) -> None:
    administrator = browsing("administrator")
    page = words(administrator.get("/signing"))
    assert "Certificates and time proofs that end" in page
    bad = administrator.post("/signing/stamps", data={"lines": "{wrong}"})
    assert bad.status_code == 422
    assert "{capacity}" in words(bad)
    style = {"lines": "{body}", "has_qr": "yes"}
    assert administrator.post("/signing/stamps", data=style).status_code == 303
    assert administrator.get("/signing/stamp.pdf").content.startswith(b"%PDF")
    root = {"root": ("root.pem", house.keys.roots.read_bytes(), "application/x-pem-file")}
    assert administrator.post("/signing/add-root", data={}, files=root).status_code == 303
    shown = administrator.get("/signing").text
    fingerprint = shown.split('name="fingerprint" value="')[1].split('"')[0]
    for expected in (303, 404):
        answer = administrator.post("/signing/withdraw-root", data={"fingerprint": fingerprint})
        assert answer.status_code == expected
    assert administrator.post("/signing/stamps", data={"has_qr": "yes"}).status_code == 303


def test_an_administrator_stores_a_key_for_a_colleague(browsing: Browsing, house: House) -> None:
    administrator, colleague = browsing("administrator"), browsing("colleague")
    data = house.keys.pki.issue_person(name="Πέτρος Δήμου", password=KEY_PASSWORD)
    form = {"owner": str(house.town.users["colleague"]), "password": KEY_PASSWORD}
    files = {"key": ("key.p12", data, "application/x-pkcs12")}
    assert administrator.post("/signing/store-key", data=form, files=files).status_code == 303
    assert "An administrator stored this key" in words(colleague.get("/keys"))
    assert colleague.post("/keys/remove", data={}).status_code == 303


@pytest.mark.parametrize("path", ["/signing", "/signing/stamp.pdf"])
def test_only_an_administrator_sees_the_page_of_signing(browsing: Browsing, path: str) -> None:
    assert browsing("mayor").get(path).status_code == 403


def test_a_stranger_is_told_of_a_correction_and_of_copies(
    visitor: Browser, house: House, browsing: Browsing, issued: Issued
) -> None:
    clerk = browsing("clerk")
    clerk.post(f"{issued.address}/copies", data={"kind": "exact", "position": "2"})
    numbers = [part.split()[0] for part in words(clerk.get(issued.address)).split("Copy ")[1:]]
    number = max(int(one) for one in numbers if one.isdecimal())
    pdf = clerk.get(f"{issued.address}/copies/{number}.pdf").content
    answer = visitor.post("/verify", data={}, files={"file": ("a.pdf", pdf, "application/pdf")})
    assert "genuine" in words(answer)
    assert "Exact copy" in words(answer)
