"""What a caller asks before he acts; and the description of the API."""

from typing import Any

import httpx

from api.v1.security import SCOPES
from tests.api.v1.calling import registered
from tests.factories import Town

Calling = Any  # Callable[..., httpx.Client]


def test_a_token_says_whose_it_is(calling: Calling) -> None:
    me = calling("secretary", "read").get("/me").json()
    assert (me["username"], me["roles"], me["scopes"]) == ("secretary", ["head"], ["read"])


def test_the_organogram_comes_from_the_top_down(clerk: httpx.Client) -> None:
    units = clerk.get("/units").json()["items"]
    assert [u["depth"] for u in units if u["code"] in ("ΔΗΜ", "ΤΥ", "ΟΔΟΠ")] == [0, 1, 2]


def test_the_people_of_a_unit_are_named(clerk: httpx.Client, town: Town) -> None:
    people = clerk.get(f"/units/{town.units['ΟΔΟΠ']}/people").json()["items"]
    assert [one["full_name"] for one in people] == ["Άννα Βλάχου", "Πέτρος Δήμου"]
    assert clerk.get("/units/999999/people").status_code == 404


def test_a_sender_is_suggested_next_time(clerk: httpx.Client) -> None:
    registered(clerk, sender={"name": "Εξωραϊστικός Σύλλογος Άνω Πόλης"})
    found = clerk.get("/parties", params={"q": "εξωραιστικος"}).json()["items"]
    assert [one["name"] for one in found] == ["Εξωραϊστικός Σύλλογος Άνω Πόλης"]


# For anybody: what everybody may read, and what the card provider signs.
_OPEN = ("/verify", "/acts", "/services", "/questions", "/payments/card-notices")


def test_the_description_is_complete(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    schemas = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation.get("description"), where
            problem = operation["responses"]["4XX"]["content"]["application/problem+json"]
            assert problem["schema"]["$ref"].endswith("/Problem"), where
            if not (path.startswith(_OPEN) and (method == "get" or "card" in path)):
                assert operation["security"], where
    assert schemas["NewEntry"]["additionalProperties"] is False
    assert references(schema) <= set(schemas)


def references(node: object) -> set[str]:
    """The names of all schemas that are referred to."""
    if isinstance(node, list):
        return {name for one in node for name in references(one)}
    if isinstance(node, dict):
        own = {str(node["$ref"]).rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(one) for one in node.values()))
    return set()


def test_each_scope_opens_something(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    used = {
        scope
        for operations in paths.values()
        for operation in operations.values()
        for one in operation.get("security", [])
        for scope in one["accessToken"]
    }
    assert used == set(SCOPES)
