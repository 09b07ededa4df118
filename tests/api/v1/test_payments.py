"""Payments by API: the bank's file, acceptance, what the financial application reads."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from docflow import clock, payments
from docflow.office import Office
from tests.docflow.payments import paying
from tests.factories import Town

Calling = Callable[..., httpx.Client]


@pytest.fixture
def payable(api_office: Office, town: Town) -> payments.Payable:
    with api_office.db.begin() as session:
        paying.account(session, town)
        return paying.fine(session, town)


def taken(caller: httpx.Client, data: bytes, **said: Any) -> httpx.Response:
    files = {
        "metadata": ("m.json", json.dumps(said).encode(), "application/json"),
        "files": ("nov.csv", data, "text/csv"),
    }
    return caller.post("/payments/statements", files=files)


def test_a_file_is_taken_in_and_its_payment_accepted(
    calling: Calling, payable: payments.Payable
) -> None:
    keeper = calling(paying.KEEPER)
    data = paying.csv_file(paying.row(payable, number=f"N{payable.id}"))
    answer = taken(keeper, data)
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"] == {"proposed": 1}
    again = taken(keeper, data)
    assert again.status_code == 409
    assert again.json()["type"].endswith("file-known")
    [line] = keeper.get("/payments/lines", params={"text": f"N{payable.id}"}).json()["items"]
    address = f"/payments/lines/{line['id']}/acceptance"
    assert keeper.post(address, params={"seen": 0}).json()["type"].endswith("changed-meanwhile")
    paid = keeper.post(address, params={"seen": line["version"]}).json()
    assert (paid["state"], paid["left_cents"], paid["parts"][0]["cents"]) == ("paid", 0, 5000)
    receipt = keeper.get(f"/payments/{payable.id}/receipt")
    assert receipt.headers["content-type"] == "application/pdf"
    assert keeper.post(address).status_code == 409


def test_a_line_is_matched_as_other_money_than_a_proof(
    calling: Calling, payable: payments.Payable
) -> None:
    keeper = calling(paying.KEEPER)
    proof = {"cents": 2000, "received_on": clock.today().isoformat(), "note": "POS"}
    assert keeper.post(f"/payments/{payable.id}/proof", json=proof).json()["state"] == "part"
    number = f"P{payable.id}"
    taken(keeper, paying.csv_file(paying.row(amount="20,00", number=number, payer="ΣΥΖΥΓΟΣ")))
    [line] = keeper.get("/payments/lines", params={"text": number}).json()["items"]
    said = {"reference": payable.reference, "is_more": True}
    matched = keeper.post(f"/payments/lines/{line['id']}/match", json=said).json()
    assert [part["source"] for part in matched["parts"]] == ["hand", "bank"]


def test_the_financial_application_reads_on(
    calling: Calling, api_office: Office, town: Town, payable: payments.Payable
) -> None:
    finance = calling(paying.KEEPER, "read")
    first = finance.get("/payments/events", params={"limit": 200}).json()
    mine = [one for one in first["items"] if one["content"]["reference"] == payable.reference]
    assert [one["kind"] for one in mine] == ["demanded"]
    assert mine[0]["content"]["payer"] == {
        "name": "Γεώργιος Παπαδάκης",
        "tax_number": "123456783",
    }
    with api_office.db.begin() as session:
        payments.told(session, payable.id, f"T{payable.id}", by=paying.citizen(town))
    more = finance.get("/payments/events", params={"after": first["last"]}).json()
    assert [(one["kind"], one["content"]["bank_number"]) for one in more["items"]] == [
        ("told", f"T{payable.id}")
    ]
    assert finance.get("/payments/events", params={"after": more["last"]}).json()["items"] == []


def test_what_is_wrong_is_told(
    calling: Calling, client: httpx.Client, payable: payments.Payable
) -> None:
    keeper = calling(paying.KEEPER)
    bad = taken(keeper, b"<Document/>")
    assert bad.json()["type"].endswith("bad-bank-file")
    assert taken(keeper, b"").status_code == 422
    address = f"/payments/{payable.id}"
    assert keeper.post(f"{address}/completion").json()["type"].endswith("nothing-marked")
    assert keeper.post(f"{address}/refusal", json={"reason": " "}).status_code == 422
    stranger = calling(paying.STRANGER)
    assert stranger.get(address).status_code == 404
    assert stranger.get("/payments/events").status_code == 403
    assert keeper.get("/payments/999999999").status_code == 404
    assert client.get(address).status_code == 401
    forged = client.post("/payments/card-notices", content=b'{"key": "x", "state": "paid"}')
    assert forged.json()["type"].endswith("no-cards")  # nobody is listened to without a provider
    refused = keeper.post(f"{address}/refusal", json={"reason": "Δεν βρέθηκε"})
    assert refused.json()["state"] == "refused"


def test_an_administrator_keeps_the_account(calling: Calling, town: Town) -> None:
    administrator = calling("administrator")
    body = {
        "iban": paying.IBAN,
        "bank": "Εθνική",
        "holder": "Δήμος",
        "unit_id": town.units["ΟΔΟΠ"],
    }
    assert administrator.put("/payments/accounts", json=body).json()["is_current"] is True
    wrong = administrator.put("/payments/accounts", json={**body, "iban": "GR17"})
    assert wrong.json()["errors"][0]["pointer"] == "/iban"
    [known] = administrator.get("/payments/accounts").json()["items"]
    assert known["iban"] == paying.IBAN
