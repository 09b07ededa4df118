"""Lists, many items at once, board and statistics by API."""

from typing import Any

import httpx

from docflow import clock
from tests.api.v1.calling import address, registered
from tests.factories import Town

Calling = Any  # Callable[..., httpx.Client]


def item(entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"book": entry["book"], "year": entry["year"], "place": str(entry["number"]), **more}


def charged(clerk: httpx.Client, calling: Calling, town: Town) -> dict[str, Any]:
    entry = registered(clerk)
    body = {"to": {"unit_id": town.units["ΟΔΟΠ"]}}
    assert calling("secretary").post(address(entry, "/charges"), json=body).status_code == 201
    return entry


def test_many_are_accepted_and_each_has_its_result(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    one, other = charged(clerk, calling, town), charged(clerk, calling, town)
    engineer = calling("engineer")
    stranger = {"book": "empisteftiko", "year": 2026, "place": "1"}
    body = {"items": [item(one), item(other, seen=0), stranger]}
    answer = engineer.post("/tasks/acceptance", json=body)
    assert answer.status_code == 200, answer.text
    results = answer.json()["items"]
    assert [result["done"] for result in results] == [True, False, False]
    assert results[2]["label"] == ""
    assert results[1]["problem"]


def test_a_list_is_narrowed_and_its_cursor_belongs_to_it(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    for _ in range(2):
        charged(clerk, calling, town)
    director = calling("director")
    wanted = {"nobody": "true", "unit": str(town.units["ΟΔΟΠ"]), "limit": "1"}
    page = director.get("/tasks/unit", params=wanted).json()
    assert len(page["items"]) == 1
    cursor = page["next_cursor"]
    more = director.get("/tasks/unit", params={**wanted, "cursor": cursor})
    assert more.json()["items"][0]["label"] != page["items"][0]["label"]
    assert director.get("/tasks/unit", params={"cursor": cursor}).status_code == 422
    assert director.get("/tasks/unit", params={"priority": "at-once"}).status_code == 422


def test_a_list_is_kept_and_removed(calling: Calling, town: Town) -> None:
    director, engineer = calling("director"), calling("engineer")
    body = {"name": "Αχρέωτα", "basket": "unit", "narrowing": {"nobody": True, "age": "6-15"}}
    made = director.post("/work-lists", json=body)
    assert made.status_code == 201, made.text
    place = f"/work-lists/{made.json()['id']}"
    assert made.json()["narrowing"]["age"] == "6-15"
    assert director.post("/work-lists", json=body).status_code == 409
    assert director.put(f"{place}/first").json()["is_first"] is True
    shared = director.put(f"{place}/sharing", json={"unit_id": town.units["ΟΔΟΠ"]})
    assert shared.json()["shared_unit_id"] == town.units["ΟΔΟΠ"]
    assert [one["name"] for one in engineer.get("/work-lists").json()["items"]] == ["Αχρέωτα"]
    assert engineer.delete(place).status_code == 404
    assert director.delete(place).status_code == 204
    assert engineer.get("/work-lists").json()["items"] == []


def test_figures_and_board_are_for_those_who_answer_for_units(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    charged(clerk, calling, town)
    year = clock.today().year
    wanted = {"first_day": f"{year}-01-01", "last_day": f"{year}-12-31", "by": "channel"}
    director = calling("director")
    figures = director.get("/statistics", params=wanted)
    assert figures.status_code == 200, figures.text
    assert figures.json()["total"]["open"] >= 1
    file = director.get("/statistics/file", params={**wanted, "format": "xlsx"})
    assert file.content.startswith(b"PK")
    board = director.get("/board").json()
    assert board["total"]["open"] == sum(unit["open"] for unit in board["units"])
    for path in ("/board", "/statistics"):
        assert calling("engineer").get(path, params=wanted).status_code == 403
