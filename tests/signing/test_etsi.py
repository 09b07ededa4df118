"""The ETSI report says of each signature what the verdict says, in the standard's words."""

from datetime import datetime, timedelta

import pytest
from lxml import etree

import signing
from tests.signing import attacks
from tests.signing.conftest import Office
from tests.signing.documents import letter

VR = "{http://uri.etsi.org/19102/v1.2.1#}"


def indications(xml: bytes) -> list[tuple[str, str]]:
    """Main and sub-indication of each signature, without their prefixes."""
    found = []
    for status in etree.fromstring(xml).iter(f"{VR}SignatureValidationStatus"):
        main = status.findtext(f"{VR}MainIndication").rpartition(":")[2]
        sub = (status.findtext(f"{VR}SubIndication") or "").rpartition(":")[2]
        found.append((main, sub))
    return found


def test_what_passed(office: Office, chain: bytes) -> None:
    xml = signing.etsi_report(chain, trust_roots=office.roots)
    assert indications(xml) == [("total-passed", "")] * 4
    root = etree.fromstring(xml)
    assert len(root.findall(f".//{VR}SignerInformation")) == 3
    assert len({one.get("id") for one in root.find(f"{VR}SignatureValidationObjects")}) > 3
    names = [one.text for one in root.iter(f"{VR}SubFilterElement")]
    assert names == ["ETSI.CAdES.detached"] * 3


def test_a_changed_document_has_not_passed(office: Office) -> None:
    """pyHanko's own report says total-passed here."""
    changed = attacks.content_replaced(office.signed(letter(), level="B-LTA"))
    main = [one[0] for one in indications(signing.etsi_report(changed, trust_roots=office.roots))]
    assert main == ["total-failed", "total-failed"]


def after(office: Office) -> datetime:
    return office.mayor.not_after + timedelta(days=1)


@pytest.mark.parametrize(
    ("expected", "case"),
    [
        (("indeterminate", "TRY_LATER"), "bare"),
        (("indeterminate", "NO_CERTIFICATE_CHAIN_FOUND"), "stranger"),
        (("indeterminate", "OUT_OF_BOUNDS_NO_POE"), "expired"),
        (("total-failed", "HASH_FAILURE"), "changed in place"),
        (("total-failed", "FORMAT_FAILURE"), "rubbish"),
        (("no-signature-found", ""), "unsigned"),
    ],
)
def test_the_words_of_the_standard(office: Office, expected: tuple[str, str], case: str) -> None:
    bare = signing.sign(letter(), office.mayor, field="A", level="B-B")
    pdf = {
        "changed in place": bare.replace(b"Pay 100", b"Pay 900"),
        "rubbish": b"%PDF-1.7 rubbish",
        "unsigned": letter(),
    }.get(case, bare)
    roots = [] if case == "stranger" else office.roots
    at = after(office) if case == "expired" else None
    assert indications(signing.etsi_report(pdf, trust_roots=roots, at=at)) == [expected]


def test_in_the_limited_process(office: Office, chain: bytes) -> None:
    xml = signing.etsi_report_limited(chain, trust_roots=office.roots)
    assert indications(xml) == [("total-passed", "")] * 4
    late = signing.etsi_report_limited(chain, seconds=0.01)
    assert indications(late) == [("total-failed", "FORMAT_FAILURE")]


def test_revoked(office: Office) -> None:
    key = signing.SigningKey.load_pkcs12(
        office.pki.issue_person(name="Πρώην Υπάλληλος", password="x"), "x"
    )
    pdf = signing.sign(letter(), key, field="A", tsa_urls=office.tsa)
    lasting = signing.complete(pdf, trust_roots=office.roots)
    office.pki.revoke(key.serial, at=key.not_before)
    late = signing.sign(letter(), key, field="A", tsa_urls=office.tsa)
    report = signing.validate(late, trust_roots=office.roots, offline=False)
    assert signing.indication(report.signatures[0]) == ("total-failed", "REVOKED")
    assert signing.validate(lasting, trust_roots=office.roots).verdict == "valid"
