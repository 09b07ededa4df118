"""Notices over the API: what the caller was told, how he wants to be told, and what was sent."""

from collections.abc import Callable

import httpx

from docflow import clock, notices
from docflow.notices import NoticeKind
from docflow.office import Office
from tests.docflow.notices.waiting import told
from tests.factories import Town


def test_a_caller_lists_and_reads_what_he_was_told(
    api_office: Office, town: Town, calling: Callable[..., httpx.Client]
) -> None:
    lawyer, other = calling("lawyer"), calling("mayor")
    # What other tests of the house told him is behind him.
    before = {"until": clock.now().isoformat()}
    assert lawyer.post("/notices/read", json=before).status_code == 204
    with api_office.db.begin() as session:
        for _ in range(3):
            told(session, town, "lawyer", by="director")
    first = lawyer.get("/notices", params={"limit": 2, "unread": True}).json()
    assert (len(first["items"]), first["unread"]) == (2, 3)
    one = first["items"][0]
    assert (one["said"], one["by"], one["is_read"]) == (
        "Charged to you",
        "Γιώργος Αλεξίου",
        False,
    )
    assert one["about"]["page"].startswith("/entries/koino/")
    more = {"limit": 2, "unread": True, "cursor": first["next_cursor"]}
    rest = lawyer.get("/notices", params=more).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    assert other.get("/notices", params={"cursor": first["next_cursor"]}).status_code == 422
    reader = calling("lawyer", "read")
    assert reader.post("/notices/read", json={"ids": [one["id"]]}).status_code == 403
    # The ids of another's notices do nothing.
    assert other.post("/notices/read", json={"ids": [one["id"]]}).status_code == 204
    assert lawyer.get("/notices").json()["unread"] == 3
    assert lawyer.post("/notices/read", json={"ids": [one["id"]]}).status_code == 204
    assert lawyer.get("/notices", params={"unread": True}).json()["unread"] == 2
    newest = rest["items"][0]["told_at"]  # the oldest of the three
    assert lawyer.post("/notices/read", json={"until": newest}).status_code == 204
    assert lawyer.get("/notices").json()["unread"] == 1
    assert lawyer.post("/notices/read", json={}).status_code == 422


def test_choices_are_kept_and_nonsense_is_refused(calling: Callable[..., httpx.Client]) -> None:
    engineer = calling("engineer")
    before = engineer.get("/notice-choices").json()
    assert before["hours"]["daily_at"] == 8
    wanted = {
        "kinds": [{"kind": "charged", "mail": "never", "push": False}],
        "hours": {"daily_at": 7, "quiet_from": 21, "quiet_to": 6, "quiet_days_off": True},
    }
    assert engineer.put("/notice-choices", json=wanted).status_code == 200
    after = engineer.get("/notice-choices").json()
    assert after["hours"] == wanted["hours"]
    assert {"kind": "charged", "mail": "never", "push": False} in after["kinds"]
    half = {"kinds": [], "hours": {"daily_at": 7, "quiet_from": 21}}
    answer = engineer.put("/notice-choices", json=half)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:docflow:problem:bad-hours")
    reading = calling("engineer", "read")
    assert reading.put("/notice-choices", json=wanted).status_code == 403


def test_without_a_key_there_is_no_push(calling: Callable[..., httpx.Client]) -> None:
    engineer = calling("engineer")
    assert engineer.get("/push-subscriptions").json() == {"public_key": None, "items": []}
    wanted = {"endpoint": "https://fcm.googleapis.com/x", "p256dh": "AA", "auth": "AA"}
    assert engineer.post("/push-subscriptions", json=wanted).status_code == 503
    assert engineer.delete("/push-subscriptions/1").status_code == 404


def test_an_administrator_alone_sees_what_was_sent(
    api_office: Office, town: Town, calling: Callable[..., httpx.Client]
) -> None:
    with api_office.db.begin() as session:
        session.add(
            notices.Sending(
                body_id=town.body_id,
                user_id=town.users["mayor"],
                channel=notices.Channel.MAIL,
                count=2,
            )
        )
    assert calling("mayor").get("/notice-sendings").status_code == 403
    administrator = calling("administrator")
    [one] = administrator.get("/notice-sendings", params={"state": "waiting"}).json()
    assert (one["person"], one["count"]) == ("Νίκος Παπαδόπουλος", 2)
    answer = administrator.post(f"/notice-sendings/{one['id']}/again")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:docflow:problem:not-failed")


def test_kinds_are_named_as_the_domain_names_them(calling: Callable[..., httpx.Client]) -> None:
    kinds = {one["kind"] for one in calling("clerk").get("/notice-choices").json()["kinds"]}
    assert kinds <= set(NoticeKind)
