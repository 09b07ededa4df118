"""Remote signing services over HTTP: what they sign is checked, and each fault has its word."""

import time
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import signing
from signing.csc import Activation, Credential
from signing.testpki import certificates
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter
from tests.signing.servers.csc import PIN, TOKEN, CscServer
from tests.signing.servers.otp import OtpServer
from tests.signing.servers.service import Service, running

Keys = tuple[rsa.RSAPrivateKey, list[x509.Certificate]]


@pytest.fixture(scope="module")
def anna(office: Office) -> Keys:
    data = office.pki.issue_person(name="Άννα Γεωργίου", password=PASSWORD)
    key, certificate, chain = pkcs12.load_key_and_certificates(data, PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate
    return key, [certificate, *chain]


@pytest.fixture(params=["v1", "v2"])
def server(request: pytest.FixtureRequest, anna: Keys) -> Iterator[CscServer]:
    with running(CscServer(*anna, version=request.param)) as service:
        yield service


def client(server: CscServer, *, timeout: float = 1) -> signing.CscService:
    version = "v1" if server.version == "v1" else "v2"
    return signing.CscService(server.url, access_token=TOKEN, version=version, timeout=timeout)


def activated(server: CscServer, digests: list[bytes]) -> tuple[Credential, Activation]:
    service = client(server)
    credential = service.credential("key-1")
    service.send_otp("key-1")
    return credential, service.authorize(credential, digests, pin=PIN, otp=server.otp)


def test_the_keys_of_a_person(server: CscServer) -> None:
    service = client(server)
    assert service.credentials() == ("key-0", "key-1")
    credential = service.credential("key-1")
    assert credential.key.subject_name == "Άννα Γεωργίου (TEST)"
    assert (credential.batch, credential.is_bound_to_digests) == (5, True)
    assert (credential.needs_pin, credential.needs_otp) == (True, True)


def test_one_document(server: CscServer, office: Office) -> None:
    pending = signing.begin_external(letter(), client(server).credential("key-1").key, field="A")
    credential, activation = activated(server, [pending.digest])
    [value] = client(server).sign(credential, activation)
    signed = signing.finish_external(pending, value, tsa_urls=office.tsa)
    [report] = office.validate(signed).signatures
    assert (report.integrity, report.trust, report.level) == ("intact", "trusted", "B-T")


def orders(count: int) -> list[signing.Order]:
    return [
        signing.Order(name=str(number), pdf=letter(f"Letter {number}"), field="A")
        for number in range(count)
    ]


def test_a_batch_with_one_authorisation(server: CscServer, office: Office) -> None:
    """Five documents, one of them no PDF: the others are signed, with a single SAD."""
    service = client(server)
    credential = service.credential("key-1")
    service.send_otp("key-1")
    todo = orders(5)
    todo[2] = signing.Order(name="2", pdf=b"no PDF", field="A")
    sign = signing.csc_signing(service, credential, pin=PIN, otp=server.otp)
    outcomes = list(signing.sign_batch(todo, credential.key, sign, size=credential.batch))
    assert [one.name for one in outcomes] == ["0", "1", "2", "3", "4"]
    assert isinstance(outcomes[2].error, signing.BadDocument)
    for number in (0, 1, 3, 4):
        pdf = outcomes[number].pdf
        assert pdf
        assert office.validate(pdf).integrity == "intact"
        assert pdf.startswith(todo[number].pdf)
    assert sum(path.endswith("authorize") for path, _ in server.asked) == 1


@pytest.mark.parametrize("twist", ["foreign", "twice", "fewer"])
def test_mixed_up_signatures_get_into_no_document(server: CscServer, twist: str) -> None:
    server.twist = twist
    service = client(server)
    credential = service.credential("key-1")
    service.send_otp("key-1")
    sign = signing.csc_signing(service, credential, pin=PIN, otp=server.otp)
    outcomes = list(signing.sign_batch(orders(2), credential.key, sign, size=5))
    good = [one for one in outcomes if one.pdf]
    assert [one.name for one in good] == (["0"] if twist == "twice" else [])
    assert all(one.error for one in outcomes if one not in good)


def test_the_services_refusals(server: CscServer) -> None:
    service = client(server)
    credential = service.credential("key-1")
    digest = b"\1" * 32
    service.send_otp("key-1")
    with pytest.raises(signing.AuthorisationRefused, match="PIN is invalid"):
        service.authorize(credential, [digest], pin="0000", otp=server.otp)
    with pytest.raises(signing.AuthorisationRefused, match="OTP is invalid"):
        service.authorize(credential, [digest], pin=PIN, otp="wrong")
    with pytest.raises(signing.AuthorisationRefused, match="OTP is invalid"):
        service.authorize(credential, [digest], pin=PIN)
    with pytest.raises(signing.KeyUnusable, match="1 to 5"):
        service.authorize(credential, [digest] * 6, pin=PIN, otp=server.otp)
    with pytest.raises(signing.AuthorisationRefused, match="credentialID"):
        service.credential("key-9")


def test_a_sad_serves_once_and_only_its_digests(server: CscServer) -> None:
    credential, activation = activated(server, [b"\1" * 32])
    other = Activation(activation.sad, activation.until, (b"\2" * 32,))
    with pytest.raises(signing.AuthorisationRefused, match="do not match"):
        client(server).sign(credential, other)
    client(server).sign(credential, activation)
    with pytest.raises(signing.AuthorisationRefused, match="SAD has expired"):
        client(server).sign(credential, activation)


def test_a_sad_that_expired(anna: Keys) -> None:
    with running(CscServer(*anna, sad_seconds=0.01)) as server:
        credential, activation = activated(server, [b"\1" * 32])
        time.sleep(0.05)
        with pytest.raises(signing.AuthorisationRefused, match="expired"):
            client(server).sign(credential, activation)
        gone = Activation(activation.sad, activation.until.replace(year=2020), activation.digests)
        asked = len(server.asked)
        with pytest.raises(signing.AuthorisationRefused, match="expired"):
            client(server).sign(credential, gone)
        assert len(server.asked) == asked, "it was known to be useless"


def test_a_wrong_token_and_the_login_of_version_1(anna: Keys) -> None:
    with running(CscServer(*anna)) as server:
        service = signing.CscService(server.url, access_token="old", timeout=1)
        with pytest.raises(signing.AuthorisationRefused, match="token has expired"):
            service.credentials()
        with pytest.raises(signing.AuthorisationRefused, match="Bad login"):
            service.login("anna", "wrong")
        service.login("anna", "secret")
        assert service.credentials()
        assert "secret" not in repr(service)
        assert TOKEN not in repr(service)


def test_a_disabled_key(server: CscServer) -> None:
    server.status = "disabled"
    with pytest.raises(signing.KeyUnusable, match="disabled"):
        client(server).credential("key-1")


@pytest.mark.parametrize("fault", ["slow", "hangs up", "half", "html", "502", "list"])
@pytest.mark.parametrize("endpoint", ["list", "info", "authorize", "signHash"])
def test_the_services_faults(anna: Keys, fault: str, endpoint: str) -> None:
    """At whatever point it fails: one error, said in words, and no signature."""
    with running(CscServer(*anna)) as server:
        server.faults[endpoint] = fault
        service = client(server, timeout=0.5)

        def everything() -> object:
            service.credentials()
            credential = service.credential("key-1")
            service.send_otp("key-1")
            activation = service.authorize(credential, [b"\1" * 32], pin=PIN, otp=server.otp)
            return service.sign(credential, activation)

        with pytest.raises(signing.SignerUnavailable):
            everything()


def test_a_service_that_is_not_there() -> None:
    for url in ("http://127.0.0.1:9", "ftp://example.org", "http://"):
        with pytest.raises(signing.SignerUnavailable):
            signing.CscService(url, timeout=1).credentials()


def test_an_elliptic_key_whose_values_come_plain(office: Office) -> None:
    """As two numbers, not in DER: turned into what PDF wants."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuing = office.pki.authorities["issuing"]
    certificate = certificates.leaf(
        certificates.subject("Πέτρος", "Δήμος"),
        key,
        issuer=issuing.certificate,
        issuer_key=issuing.key,
        since=office.mayor.not_before,
        until=office.mayor.not_after,
        base_url=office.pki.base_url,
        issuer_label="issuing",
    )
    with running(CscServer(key, [certificate, issuing.certificate])) as server:
        own = client(server).credential("key-1")
        pending = signing.begin_external(letter(), own.key, field="A")
        credential, activation = activated(server, [pending.digest])
        [value] = client(server).sign(credential, activation)
        assert len(value) == 64
        assert office.validate(signing.finish_external(pending, value)).integrity == "intact"


@pytest.fixture(params=["plain", "pem"])
def greek(request: pytest.FixtureRequest, anna: Keys) -> Iterator[OtpServer]:
    with running(OtpServer(*anna)) as service:
        service.style = request.param
        yield service


SECRET = "secret"


def account(server: Service, *, password: str = SECRET) -> signing.OtpService:
    return signing.OtpService(
        f"{server.url}/Sign/Api", signing.OtpAccount("anna", password), timeout=0.5
    )


def test_the_greek_service_signs(greek: OtpServer, office: Office) -> None:
    service = account(greek)
    key = service.key()
    assert key.subject_name == "Άννα Γεωργίου (TEST)"
    pending = signing.begin_external(letter(), key, field="A")
    assert service.request_otp() == "mail"
    value = service.sign(pending.digest, otp=greek.otp)
    signed = signing.finish_external(pending, value, tsa_urls=office.tsa)
    assert office.validate(signed).integrity == "intact"


def test_the_greek_services_refusals(greek: OtpServer) -> None:
    wrong = account(greek, password="wrong")
    for refused in (wrong.request_otp, wrong.key, lambda: wrong.sign(b"\1" * 32, otp="1")):
        with pytest.raises(signing.AuthorisationRefused, match="Λάθος στοιχεία"):
            refused()
    service = account(greek)
    greek.outcome = 1
    assert service.request_otp() == "phone"
    with pytest.raises(signing.AuthorisationRefused, match="ληγμένος"):
        service.sign(b"\1" * 32, otp="wrong")
    otp = greek.otp
    service.sign(b"\1" * 32, otp=otp)
    with pytest.raises(signing.AuthorisationRefused, match="ληγμένος"):
        service.sign(b"\1" * 32, otp=otp)
    greek.outcome = 9
    with pytest.raises(signing.AuthorisationRefused, match="Υπέρβαση"):
        service.request_otp()
    greek.outcome = "what"
    with pytest.raises(signing.SignerUnavailable):
        service.request_otp()
    assert "secret" not in repr(signing.OtpAccount("anna", "secret"))


@pytest.mark.parametrize("fault", ["slow", "hangs up", "half", "html", "502", "list"])
@pytest.mark.parametrize("endpoint", ["RequestOTP", "Certificates", "SignBuffer"])
def test_the_greek_services_faults(anna: Keys, fault: str, endpoint: str) -> None:
    with running(OtpServer(*anna)) as server:
        server.faults[endpoint] = fault
        service = account(server)

        def everything() -> object:
            service.request_otp()
            service.key()
            return service.sign(b"\1" * 32, otp=server.otp)

        with pytest.raises(signing.SignerUnavailable):
            everything()
