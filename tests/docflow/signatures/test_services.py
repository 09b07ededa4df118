"""Keys at services and on tokens, through real HTTP servers and SoftHSM: what they ask, and what
is said when they refuse, are away or lie."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from docflow import signatures, throttle
from docflow.errors import DocflowError
from docflow.office import Office
from docflow.principal import Principal
from docflow.settings import SigningService
from docflow.signatures import KeyKind, Secrets
from tests.conftest import Keys
from tests.docflow.signatures.papers import order, paper, person_key, sign, verdict, with_services
from tests.factories import Town
from tests.signing.servers.csc import PIN, CscServer
from tests.signing.servers.otp import OtpServer
from tests.signing.servers.service import running

ACCOUNT = {"username": "anna", "credential": "key-1"}
PASSWORD = Secrets(password="secret")


@pytest.fixture(params=["v1", "v2"])
def csc(request: pytest.FixtureRequest, keys: Keys) -> Iterator[CscServer]:
    with running(CscServer(*person_key(keys), version=request.param)) as server:
        yield server


@pytest.fixture
def otp(keys: Keys) -> Iterator[OtpServer]:
    with running(OtpServer(*person_key(keys))) as server:
        yield server


@pytest.fixture
def mayor(signing_office: Office, town: Town) -> Principal:
    with signing_office.db.begin() as session:
        return town.person(session, "mayor")


def connected(office: Office, server: CscServer, by: Principal) -> Office:
    """The office with the CSC service, where the mayor's key now lies."""
    token = "token-of-anna" if server.version == "v2" else ""
    service = SigningService.model_validate(
        {
            "name": "pistopoiitis",
            "kind": "csc",
            "title": "Πιστοποιητής",
            "url": server.url,
            "version": server.version,
            "access_token": token,
            "timeout": 1,
        }
    )
    there = with_services(office, service)
    account = {"credential": "key-1"} if token else ACCOUNT
    signatures.connect(there, "pistopoiitis", account=account, secrets=PASSWORD, by=by)
    return there


def at_otp(office: Office, server: OtpServer, by: Principal) -> Office:
    service = SigningService(name="aped", kind="otp", title="ΑΠΕΔ", url=server.url, timeout=1)
    there = with_services(office, service)
    signatures.connect(there, "aped", account={"username": "anna"}, secrets=PASSWORD, by=by)
    return there


def test_a_csc_service_signs_with_password_pin_and_otp(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    there = connected(signing_office, csc, mayor)
    with there.db.begin() as session:
        row = signatures.keys.of_person(session, mayor.person_id)
        asks = signatures.services.asks(there.settings, row)
    assert (row.kind, row.pkcs12) == (KeyKind.CSC, None)
    assert (asks.password, asks.pin, asks.otp) == (csc.version == "v1", True, True)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    made = sign(there, mayor, Secrets(password="secret", pin=PIN, otp=csc.otp))
    assert verdict(there, made.pdf) == ("intact", "Νίκος Παπαδόπουλος (TEST)", "B-T")


def test_one_authorisation_signs_a_batch(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    there = connected(signing_office, csc, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    papers = [(paper(rotate=turn), order()) for turn in (0, 90, 180)]
    secrets = Secrets(password="secret", pin=PIN, otp=csc.otp)
    with signatures.opened(there, by=mayor, secrets=secrets) as hand:
        hand.ahead(papers)
        made = [hand(pdf, one) for pdf, one in papers]
    assert [verdict(there, one.pdf)[0] for one in made] == ["intact"] * 3
    assert sum(path.endswith("authorize") for path, _ in csc.asked) == 1


def batch(
    office: Office, by: Principal, secrets: Secrets
) -> tuple[list[str], list[signatures.Made]]:
    """What becomes of three papers with these secrets: "signed", or the kind of the error."""
    papers = [(paper(rotate=turn), order()) for turn in (0, 90, 180)]
    outcomes: list[str] = []
    made: list[signatures.Made] = []
    with signatures.opened(office, by=by, secrets=secrets) as hand:
        hand.ahead(papers)
        for pdf, one in papers:
            try:
                made.append(hand(pdf, one))
                outcomes.append("signed")
            except DocflowError as error:
                outcomes.append(type(error).__name__)
    return outcomes, made


def wrong_tries(office: Office) -> int:
    with office.db.begin() as session:
        counted = "SELECT coalesce(sum(count), 0) FROM tries WHERE key LIKE 'key:%'"
        return int(session.execute(text(counted)).scalar_one())


def test_of_a_batch_beyond_one_authorisation_the_rest_asks_for_a_new_password(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    csc.multisign = 2
    there = connected(signing_office, csc, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    outcomes, made = batch(there, mayor, Secrets(password="secret", pin=PIN, otp=csc.otp))
    assert outcomes == ["signed", "signed", "OtpSpent"]
    assert [verdict(there, one.pdf)[0] for one in made] == ["intact"] * 2
    assert sum(path.endswith("authorize") for path, _ in csc.asked) == 1
    assert wrong_tries(there) == 0


def test_a_wrong_pin_is_shown_to_the_service_once(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    csc.multisign = 1
    there = connected(signing_office, csc, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    outcomes, _ = batch(there, mayor, Secrets(password="secret", pin="9999", otp=csc.otp))
    assert outcomes == ["Refused"] * 3
    assert sum(path.endswith("authorize") for path, _ in csc.asked) == 1
    assert wrong_tries(there) == 1


def test_a_one_time_password_signs_one_paper_and_the_rest_asks_for_another(
    signing_office: Office, otp: OtpServer, mayor: Principal
) -> None:
    there = at_otp(signing_office, otp, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    outcomes, _ = batch(there, mayor, Secrets(password="secret", otp=otp.otp))
    assert outcomes == ["signed", "OtpSpent", "OtpSpent"]
    assert sum(path.endswith("SignBuffer") for path, _ in otp.asked) == 1
    assert wrong_tries(there) == 0


def test_a_second_paper_after_the_first_needs_a_new_password(
    signing_office: Office, otp: OtpServer, mayor: Principal
) -> None:
    """As where a colleague signed in between, and his PDF is to be signed instead."""
    there = at_otp(signing_office, otp, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    secrets = Secrets(password="secret", otp=otp.otp)
    with signatures.opened(there, by=mayor, secrets=secrets) as hand:
        hand(paper(), order())
        with pytest.raises(signatures.OtpSpent, match="new one-time password"):
            hand(paper(rotate=90), order())
    assert wrong_tries(there) == 0


def test_a_wrong_pin_is_refused_and_counted(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    there = connected(signing_office, csc, mayor)
    for _ in range(5):
        signatures.send_otp(there, secrets=PASSWORD, by=mayor)
        with pytest.raises(signatures.Refused, match="PIN"):
            sign(there, mayor, Secrets(password="secret", pin="9999", otp=csc.otp))
    with pytest.raises(throttle.TooManyTries):
        sign(there, mayor, Secrets(password="secret", pin=PIN, otp=csc.otp))


def test_an_old_one_time_password_is_refused(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    there = connected(signing_office, csc, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    secrets = Secrets(password="secret", pin=PIN, otp=csc.otp)
    sign(there, mayor, secrets)
    with pytest.raises(signatures.Refused, match="new one-time password"):
        sign(there, mayor, secrets)


@pytest.mark.parametrize("fault", ["hangs up", "half", "html", "502", "slow"])
def test_a_service_that_is_away_signs_nothing(
    signing_office: Office, csc: CscServer, mayor: Principal, fault: str
) -> None:
    there = connected(signing_office, csc, mayor)
    signatures.send_otp(there, secrets=PASSWORD, by=mayor)
    csc.faults["signHash"] = fault
    with pytest.raises(signatures.SignerAway, match="sign elsewhere"):
        sign(there, mayor, Secrets(password="secret", pin=PIN, otp=csc.otp))


def test_an_account_with_several_keys_says_which(
    signing_office: Office, csc: CscServer, mayor: Principal
) -> None:
    there = connected(signing_office, csc, mayor)
    account = {"username": "anna"} if csc.version == "v1" else {}
    with pytest.raises(signatures.ChooseKey, match="key-0, key-1"):
        signatures.connect(there, "pistopoiitis", account=account, secrets=PASSWORD, by=mayor)


def test_the_public_sectors_service_signs_with_a_one_time_password(
    signing_office: Office, otp: OtpServer, mayor: Principal
) -> None:
    there = at_otp(signing_office, otp, mayor)
    assert signatures.send_otp(there, secrets=PASSWORD, by=mayor) == "mail"
    made = sign(there, mayor, Secrets(password="secret", otp=otp.otp))
    assert verdict(there, made.pdf) == ("intact", "Νίκος Παπαδόπουλος (TEST)", "B-T")


@pytest.mark.parametrize(
    ("secrets", "refused"),
    [
        (Secrets(password="secret", otp="000000"), "OTP"),
        (Secrets(password="άλλο", otp="000000"), "στοιχεία"),
    ],
)
def test_what_the_public_sectors_service_refuses_is_said(
    signing_office: Office, otp: OtpServer, mayor: Principal, secrets: Secrets, refused: str
) -> None:
    there = at_otp(signing_office, otp, mayor)
    with pytest.raises(signatures.Refused, match=refused):
        sign(there, mayor, secrets)


def test_no_one_time_password_is_sent_beyond_the_services_limit(
    signing_office: Office, otp: OtpServer, mayor: Principal
) -> None:
    there = at_otp(signing_office, otp, mayor)
    otp.outcome = 7
    with pytest.raises(signatures.Refused, match="ορίου"):
        signatures.send_otp(there, secrets=PASSWORD, by=mayor)


def test_a_service_that_was_taken_away_is_named(
    signing_office: Office, otp: OtpServer, mayor: Principal
) -> None:
    at_otp(signing_office, otp, mayor)
    with pytest.raises(signatures.NoSuchService, match="aped"):
        sign(signing_office, mayor, Secrets(password="secret", otp="1"))


def test_a_key_file_needs_no_one_time_password(signing_office: Office, mayor: Principal) -> None:
    with pytest.raises(signatures.NothingToSend):
        signatures.send_otp(signing_office, secrets=PASSWORD, by=mayor)


def test_a_key_elsewhere_signs_nothing_here(
    signing_office: Office, mayor: Principal, keys: Keys
) -> None:
    _, chain = person_key(keys)
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    row = signatures.register_certificate(signing_office, pem, by=mayor)
    assert (row.kind, row.subject) == ("elsewhere", "Νίκος Παπαδόπουλος (TEST)")
    with pytest.raises(signatures.KeyElsewhere, match="bring it back"):
        sign(signing_office, mayor, PASSWORD)


def test_what_is_no_certificate_is_not_registered(signing_office: Office, mayor: Principal) -> None:
    with pytest.raises(signatures.BadKeyFile):
        signatures.register_certificate(signing_office, b"hello", by=mayor)
