"""Papers, keys and services that the tests of this folder share."""

from dataclasses import replace
from io import BytesIO

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import signing
from docflow import signatures
from docflow.office import Office
from docflow.settings import SigningService
from tests.conftest import Keys
from tests.factories import KEY_PASSWORD

FIELD, BOX = "Signer1", (1, 60, 60, 260, 130)


def paper(*, rotate: int = 0) -> bytes:
    """One page with text, prepared for one signature."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[0]
        page.obj.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
            )
        )
        page.contents_add(b"BT /F1 12 Tf 60 700 Td (A letter of the town) Tj ET")
        if rotate:
            page.rotate(rotate, relative=False)
        written = BytesIO()
        pdf.save(written)
    _, x0, y0, x1, y1 = BOX
    return signing.prepare(written.getvalue(), [signing.Field(FIELD, 1, (x0, y0, x1, y1))])


def order(**changes: object) -> signatures.Order:
    made = signatures.Order(field=FIELD, box=BOX, name="Νίκος Παπαδόπουλος", capacity="Ο Δήμαρχος")
    return replace(made, **changes)  # type: ignore[arg-type]


def with_services(office: Office, *services: SigningService) -> Office:
    settings = office.settings.model_copy(update={"signing_services": list(services)})
    return replace(office, settings=settings)


def person_key(
    keys: Keys, username: str = "mayor"
) -> tuple[rsa.RSAPrivateKey, list[x509.Certificate]]:
    """The private key of a person, for a service that holds it, and his chain."""
    key, certificate, chain = pkcs12.load_key_and_certificates(
        keys.persons[username], KEY_PASSWORD.encode()
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate is not None
    return key, [certificate, *chain]


def sign(
    office: Office, by: signatures.keys.Principal, secrets: signatures.Secrets, pdf: bytes = b""
) -> signatures.Made:
    with signatures.opened(office, by=by, secrets=secrets) as hand:
        return hand(pdf or paper(), order())


def verdict(office: Office, pdf: bytes) -> tuple[str, str | None, str | None]:
    """What a check says of the only signature: verdict, signer, level."""
    roots = signatures.trust.of_installation(office.settings)
    one = signing.validate(pdf, trust_roots=roots).signatures[0]
    return one.integrity.value, one.signer, one.level
