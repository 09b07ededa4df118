"""/positions over HTTP: posts begun, filled, left vacant and ended."""

from collections.abc import Callable
from typing import Any

import httpx

from docflow.office import Office
from tests.factories import Town


def test_a_post_is_begun_filled_left_and_ended(
    api_office: Office, town: Town, calling: Callable[..., httpx.Client]
) -> None:
    admin, reader = calling("administrator"), calling("engineer")
    made = admin.post("/positions", json={"unit": "ΝΟΜ", "title": "Σύμβουλος", "role": "employee"})
    assert made.status_code == 201, made.text
    place = f"/positions/{made.json()['id']}"
    assert made.headers["Location"].endswith(place)
    assert (made.json()["unit_name"], made.json()["holder"]) == ("Νομική Υπηρεσία", None)
    assert _ids(reader, unit="ΝΟΜ", vacant=True) == [made.json()["id"]]
    filled = admin.put(f"{place}/holder", json={"user_id": town.users["colleague"]})
    assert (filled.status_code, filled.json()["holder"]["full_name"]) == (200, "Πέτρος Δήμου")
    assert _ids(reader, unit="ΝΟΜ", vacant=True) == []
    again = admin.put(f"{place}/holder", json={"user_id": town.users["mayor"]})
    assert (again.status_code, again.json()["type"]) == (409, "urn:docflow:problem:position-held")
    assert admin.delete(f"{place}/holder").status_code == 204
    assert reader.get(place).json()["holder"] is None
    assert admin.delete(place).status_code == 204
    assert reader.get(place).status_code == 404


def test_posts_are_the_administrators_and_of_units_that_there_are(
    calling: Callable[..., httpx.Client],
) -> None:
    admin, reader = calling("administrator"), calling("engineer")
    new: dict[str, Any] = {"unit": "ΝΟΜ", "title": "Σύμβουλος"}
    assert reader.post("/positions", json=new).status_code == 403
    wrong = admin.post("/positions", json={**new, "unit": "99"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (404, "/unit")
    assert admin.post("/positions", json={**new, "role": "auditor"}).status_code == 422
    assert reader.get("/positions", params={"unit": "99"}).status_code == 404


def _ids(caller: httpx.Client, **params: object) -> list[int]:
    found = caller.get("/positions", params={key: str(one) for key, one in params.items()})
    return [one["id"] for one in found.json()["items"]]
