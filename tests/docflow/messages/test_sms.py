"""SMS over a real HTTP server: shaped by the settings, refused, away, and without a gateway."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from docflow.messages import sms, templates
from docflow.settings import Settings
from tests.sms import SmsGateway

TEXT = "Το έγγραφο 7/2026 είναι έτοιμο"


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    with SmsGateway() as server:
        yield server


def shaped(settings: Settings, gateway: SmsGateway, **more: Any) -> Settings:
    known = {"sms_url": SecretStr(gateway.url), "sms_from": "DIMOS", "sms_timeout": 2.0}
    return settings.model_copy(update={**known, **more})


def sent(settings: Settings, to: str = "69 1234 5678") -> str:
    return sms.send(settings, to=to, text=TEXT, number=17)


def test_a_text_goes_as_json_with_the_key_of_the_settings(
    settings: Settings, gateway: SmsGateway
) -> None:
    with_json = shaped(
        settings,
        gateway,
        sms_fields=json.dumps(
            {"to": ["{to}"], "body": {"text": "{text}"}, "ref": "{id}", "flash": False}
        ),
        sms_authorization=SecretStr("Bearer 123"),
        sms_reference="messages.0.id",
    )
    assert sent(with_json) == "abc-1"
    [asked] = gateway.asked
    assert (asked.method, asked.headers["Authorization"]) == ("POST", "Bearer 123")
    assert json.loads(asked.body) == {
        "to": ["+306912345678"],
        "body": {"text": TEXT},
        "ref": "docflow-17",
        "flash": False,
    }


@pytest.mark.parametrize(("form", "method"), [("form", "POST"), ("query", "GET")])
def test_or_as_a_form_or_in_the_address(
    settings: Settings, gateway: SmsGateway, form: str, method: str
) -> None:
    assert sent(shaped(settings, gateway, sms_format=form, sms_method=method)) == "docflow-17"
    [asked] = gateway.asked
    given = parse_qs(asked.body if form == "form" else urlsplit(asked.path).query)
    assert (given["to"], given["from"], given["text"]) == (["+306912345678"], ["DIMOS"], [TEXT])
    assert parse_qs(urlsplit(asked.path).query)["key"] == ["geheim"]


def test_braces_in_a_text_are_only_text(settings: Settings, gateway: SmsGateway) -> None:
    sms.send(shaped(settings, gateway), to="6912345678", text="{to} {id}", number=1)
    assert json.loads(gateway.asked[0].body)["text"] == "{to} {id}"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_gateway_that_is_busy_is_tried_again(
    settings: Settings, gateway: SmsGateway, status: int
) -> None:
    gateway.status = status
    with pytest.raises(sms.SmsUnavailable, match=str(status)):
        sent(shaped(settings, gateway))


def test_one_that_hears_and_says_nothing_is_asked_again_with_the_same_id(
    settings: Settings, gateway: SmsGateway
) -> None:
    patient = shaped(settings, gateway, sms_timeout=0.2, sms_fields='{"id": "{id}"}')
    gateway.hangs = True
    with pytest.raises(sms.SmsUnavailable) as caught:
        sent(patient)
    assert "geheim" not in str(caught.value)  # the key stands in no message
    gateway.released.set()
    gateway.hangs = False
    sent(patient)
    assert len({asked.body for asked in gateway.asked}) == 1


def test_a_refusal_is_final_and_says_why(settings: Settings, gateway: SmsGateway) -> None:
    gateway.status, gateway.answer = 400, '{"error": "no credit"}'
    with pytest.raises(sms.SmsRefused, match="no credit"):
        sent(shaped(settings, gateway))


def test_an_answer_of_200_may_be_a_refusal(settings: Settings, gateway: SmsGateway) -> None:
    picky = shaped(settings, gateway, sms_accepted=r"^OK\b")
    gateway.answer = "ERR 14 unknown sender"
    with pytest.raises(sms.SmsRefused, match="unknown sender"):
        sent(picky)
    gateway.answer = "OK 991"
    assert sent(picky) == "docflow-17"


def test_nobody_there(settings: Settings) -> None:
    with pytest.raises(sms.SmsUnavailable):
        sent(settings.model_copy(update={"sms_url": SecretStr("http://127.0.0.1:9/")}))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("6912345678", "+306912345678"),
        ("+36 30 123 4567", "+36301234567"),
        ("0042 0601 123 456", "+420601123456"),
        ("(691) 234-5678", "+306912345678"),
    ],
)
def test_numbers_as_gateways_want_them(settings: Settings, typed: str, number: str) -> None:
    assert sms.international(typed, settings) == number


@pytest.mark.parametrize("typed", ["", "123", "όχι", "+0123456789", "1" * 30])
def test_what_is_no_number_is_refused(settings: Settings, typed: str) -> None:
    with pytest.raises(sms.SmsRefused):
        sms.international(typed, settings)


def test_without_a_gateway_the_text_lands_in_the_folder(settings: Settings) -> None:
    assert sent(settings).startswith("file:")
    [file] = sms.folder(settings).glob("*.sms.txt")
    assert file.read_text(encoding="utf-8") == f"To: +306912345678\n\n{TEXT}\n"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ΓΔΘ" * 50, 1),  # capitals of GSM 03.38
        ("γ" * 70, 1),
        ("γ" * 71, 2),
        ("😀" * 35, 1),  # two units each in UTF-16
        ("😀" * 36, 2),
    ],
)
def test_how_many_sms_a_text_takes(text: str, parts: int) -> None:
    assert templates.parts(text) == parts
