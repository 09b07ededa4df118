"""One test PKI with its server for all of these tests, and the people who sign."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pikepdf
import pytest

import signing
from signing import testpki
from signing.testpki.server import Server
from tests.signing.documents import letter, stamp

PASSWORD = "κωδικός"


@dataclass(frozen=True)
class Office:
    """The PKI of a municipality, its running services, and the keys of its people."""

    pki: testpki.TestPki
    server: Server
    secretary: signing.SigningKey
    mayor: signing.SigningKey
    seal: signing.SigningKey

    @property
    def roots(self) -> list[bytes]:
        return self.pki.trust_roots

    @property
    def tsa(self) -> list[str]:
        return [self.pki.tsa_url]

    def signed(self, pdf: bytes, *, level: signing.Level = "B-T", field: str = "Mayor") -> bytes:
        """The mayor's signature, without a stamp."""
        return signing.sign(
            pdf,
            self.mayor,
            field=field,
            tsa_urls=self.tsa,
            level=level,
            trust_roots=self.roots,
            allow_fetching=True,
        )

    def validate(self, pdf: bytes) -> signing.Report:
        return signing.validate(pdf, trust_roots=self.roots)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    pki = testpki.create(tmp_path_factory.mktemp("pki"), organisation="Δήμος Αγίας Παρασκευής")
    with testpki.running(pki) as server:
        people = [
            pki.issue_person(name=name, title=title, password=PASSWORD)
            for name, title in (("Άννα Γεωργίου", "Γραμματέας"), ("Μαρία Οικονόμου", "Δήμαρχος"))
        ]
        keys = [signing.SigningKey.load_pkcs12(one, PASSWORD) for one in people]
        seal = signing.SigningKey.load_pkcs12(pki.issue_seal(password=PASSWORD), PASSWORD)
        yield Office(pki, server, keys[0], keys[1], seal)


@pytest.fixture(scope="session")
def chain(office: Office) -> bytes:
    """Secretary, mayor, and the closing seal, with everything for the long term."""
    pdf = signing.prepare(
        letter(),
        [
            signing.Field("Secretary", 1, (50, 100, 200, 160)),
            signing.Field("Mayor", 1, (220, 100, 370, 160)),
            signing.Field("Seal", 1, (390, 100, 540, 160), lock=True),
        ],
    )
    keys = {"Secretary": office.secretary, "Mayor": office.mayor, "Seal": office.seal}
    for field, key in keys.items():
        pdf = signing.sign(
            pdf,
            key,
            field=field,
            stamp=stamp(),
            reason="Έγκριση",
            location="Αθήνα",
            tsa_urls=office.tsa,
            lock=field == "Seal",
        )
    return signing.complete(pdf, trust_roots=office.roots, tsa_urls=office.tsa)


@pytest.fixture(scope="session")
def signed(office: Office) -> bytes:
    """One B-T signature over a letter."""
    return office.signed(letter())


@pytest.fixture(scope="session")
def encrypted() -> bytes:
    """A letter with a password."""
    output = BytesIO()
    with pikepdf.open(BytesIO(letter())) as pdf:
        pdf.save(output, encryption=pikepdf.Encryption(owner="a", user="b"))
    return output.getvalue()
