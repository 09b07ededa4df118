"""Corners that whole documents seldom reach."""

import sys
from types import SimpleNamespace

import pytest

import signing
from signing.certificates import shown_name
from signing.reasons import MEANING, ordered
from signing.testpki import __main__ as command
from signing.timestamps import TsaList, with_room_for_token
from tests.signing.conftest import Office
from tests.signing.documents import letter


def test_the_border_is_what_it_says() -> None:
    for name in signing.__all__:
        assert getattr(signing, name)
    with pytest.raises(AttributeError, match="no attribute 'seal'"):
        _ = signing.seal


def test_reasons_come_worst_first() -> None:
    codes = {"revocation-unchecked", "digest-mismatch", "unknown-issuer"}
    assert ordered(codes) == ("digest-mismatch", "unknown-issuer", "revocation-unchecked")
    assert all(text.endswith(".") for text in MEANING.values())


def test_a_holder_without_common_name_has_a_name_all_the_same() -> None:
    subject = SimpleNamespace(native={"organization_name": "O"}, human_friendly="Organization: O")
    assert shown_name(SimpleNamespace(subject=subject)) == "Organization: O"


def test_a_token_larger_than_its_room_gets_more_room() -> None:
    stamper = TsaList(["http://127.0.0.1:9"], timeout=1)
    rooms: list[int] = []

    def make(room: int) -> bytes:
        rooms.append(room)
        if room < 20_000:
            stamper.largest_token = 20_000
            raise signing.SigningError("no room")
        return b"signed"

    assert with_room_for_token(stamper, make) == b"signed"
    assert rooms[0] < 20_000 < rooms[1]

    def fail(room: int) -> bytes:
        raise signing.SigningError("another reason")

    with pytest.raises(signing.SigningError, match="another reason"):
        with_room_for_token(TsaList([], timeout=1), fail)


def test_a_large_token_is_signed_in(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """End to end: the usual room is too small for this service's tokens."""
    monkeypatch.setattr("signing.timestamps.USUAL_TOKEN", 300)
    pdf = office.signed(letter(), level="B-LTA")
    assert office.validate(pdf).verdict == "valid"


def test_the_command_ends_on_an_interrupt(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(server: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("signing.testpki.server.Server.serve_forever", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    arguments = ["x", "serve", str(office.pki.directory), "--port", "0"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command.main() == 0
    assert "Test PKI on http://127.0.0.1:" in capsys.readouterr().out
