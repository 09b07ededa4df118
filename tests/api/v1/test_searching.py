"""The search over the API: filters, counts, suggestions, saved searches."""

from collections.abc import Callable

import httpx

from tests.api.v1.calling import registered


def test_a_search_with_filters_counts_and_marks(calling: Callable[..., httpx.Client]) -> None:
    clerk = calling("clerk")
    first = registered(clerk, subject="Σαλιγκάρι στον κήπο")
    registered(clerk, subject="Σαλιγκάρια στο πάρκο")
    found = clerk.get("/search", params={"q": "σαλιγκάρι", "state": "new"}).json()
    assert (found["total"], found["is_more"], found["is_cited"]) == (2, False, False)
    assert {item["subject"].count("⟦") for item in found["items"]} == {1}
    page = clerk.get("/search", params={"q": "σαλιγκάρι", "limit": 1}).json()
    after = {"q": "σαλιγκάρι", "limit": 1, "cursor": page["next_cursor"]}
    rest = clerk.get("/search", params=after).json()
    assert page["items"][0]["entry"] != rest["items"][0]["entry"]
    assert rest["next_cursor"] is None
    assert clerk.get("/search", params={"q": "σαλιγκάρι", "language": "hu"}).json()["total"] == 0
    only = clerk.get("/search", params={"q": "σαλιγκάρι", "last_day": "2001-01-01"}).json()
    assert (only["total"], only["items"], only["facets"]) == (0, [], [])
    cited = clerk.get("/search", params={"q": first["label"]}).json()
    assert cited["is_cited"]
    suggested = clerk.get("/search/suggestions", params={"q": "σαλιγ"}).json()
    assert {one["text"] for one in suggested} == {"Σαλιγκάρι στον κήπο", "Σαλιγκάρια στο πάρκο"}
    assert calling("lawyer").get("/search/suggestions", params={"q": "σαλιγ"}).json() == []
    assert clerk.get("/search", params={"q": "α", "state": "nowhere"}).status_code == 422


def test_saved_searches(calling: Callable[..., httpx.Client]) -> None:
    clerk, lawyer = calling("clerk"), calling("lawyer")
    made = clerk.post(
        "/saved-searches",
        json={"name": "Ιππόκαμποι", "q": "ιππόκαμπος", "filters": {"direction": "incoming"}},
    )
    assert made.status_code == 201, made.text
    address = made.headers["location"].removeprefix("/api/v1")
    assert made.json()["filters"] == {"direction": "incoming"}
    again = clerk.post("/saved-searches", json={"name": "ΙΠΠΌΚΑΜΠΟΙ", "q": "β"})
    assert again.status_code == 409
    changed = clerk.put(address, json={"name": "Ιππόκαμποι", "alert": "daily"}).json()
    assert (changed["alert"], changed["new"]) == ("daily", 0)
    registered(clerk, subject="Ιππόκαμπος στο λιμάνι")
    assert clerk.post(f"{address}/hits").json()["total"] == 1
    reader = calling("clerk", "read")
    assert reader.get(address).status_code == 200
    assert reader.post(f"{address}/hits").status_code == 403, "what is new stays new"
    assert reader.delete(address).status_code == 403
    assert lawyer.get(address).status_code == 404
    assert lawyer.delete(address).status_code == 404
    assert [one["name"] for one in clerk.get("/saved-searches").json()["items"]] == ["Ιππόκαμποι"]
    assert clerk.delete(address).status_code == 204
    assert clerk.get(address).status_code == 404
