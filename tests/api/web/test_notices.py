"""The bell and its list, the page of choices, what was sent, and the live count."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from api.app import create_app
from api.web import live
from docflow import clock, notices, organization, registry
from docflow.notices import Mailing, Notice, NoticeKind, Sending, SendingState
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.docflow.notices.test_pushing import Device
from tests.docflow.notices.waiting import count, told
from tests.waiting import wait_until


def tell(house: House, username: str, **more: object) -> int:
    """Tell somebody of an entry that is his work; the id of the notice."""
    with house.office.db.begin() as session:
        entry = told(session, house.town, username, by="registrar", **more)
    with house.office.db.read() as session:
        mine = (Notice.user_id == house.town.users[username], Notice.about_id == entry)
        return session.scalars(select(Notice.id).where(*mine)).one()


def quiet(house: House, username: str) -> None:
    """What other tests told him is read."""
    with house.office.db.begin() as session:
        by = house.town.person(session, username)
        notices.listing.read_all(session, until=clock.now(), by=by)


def bell(browser: Browser) -> int:
    found = re.search(r'data-bell="(\d+)"', browser.get("/me").text)
    assert found
    return int(found[1])


def test_the_bell_counts_and_the_list_leads_to_the_thing(
    house: House, browsing: Callable[..., Browser]
) -> None:
    quiet(house, "lawyer")
    lawyer = browsing("lawyer")
    first, second = tell(house, "lawyer"), tell(house, "lawyer", kind=NoticeKind.RETURNED)
    assert bell(lawyer) == 2
    page = lawyer.get("/notices")
    assert "Charged to you" in words(page)
    assert "Returned with a reason" in words(page)
    opened = lawyer.get(f"/notices/{first}")
    assert opened.status_code == 303
    assert lawyer.get(opened.headers["location"]).status_code == 200
    assert bell(lawyer) == 1
    assert "Charged to you" not in words(lawyer.get("/notices", params={"unread": "1"}))
    until = re.search(r'name="until" value="([^"]+)"', page.text)
    assert until
    third = tell(house, "lawyer")
    answer = lawyer.post("/notices/read", data={"until": until[1]})
    assert answer.headers["location"] == "/notices?done=notices-read"
    # What came after the page was shown is unread still.
    assert bell(lawyer) == 1
    assert second < third


def test_a_notice_of_another_or_of_something_hidden_is_not_there(
    house: House, browsing: Callable[..., Browser]
) -> None:
    mine = tell(house, "engineer")
    assert browsing("lawyer").get(f"/notices/{mine}").status_code == 404
    with house.office.db.begin() as session:
        hidden = registry.numbered(
            session,
            "empisteftiko",
            *_place(house.register(secret=True)),
            by=house.town.person(session, "confidant"),
        )
        told(session, house.town, "engineer", entry=hidden.id)
        row = session.scalars(select(Notice.id).where(Notice.about_id == hidden.id)).one()
    engineer = browsing("engineer")
    assert engineer.get(f"/notices/{row}").status_code == 404
    assert f'/notices/{row}"' not in engineer.get("/notices").text


def _place(address: str) -> tuple[int, int]:
    year, number = address.split("/")[-2:]
    return int(year), int(number)


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-22T10:00"])
def test_a_moment_that_is_none_marks_nothing(
    house: House, browsing: Callable[..., Browser], until: str
) -> None:
    tell(house, "colleague")
    colleague = browsing("colleague")
    before = bell(colleague)
    assert colleague.post("/notices/read", data={"until": until}).status_code == 422
    assert bell(colleague) == before


def test_choices_come_back_as_they_were_kept_and_as_they_were_typed(
    house: House, browsing: Callable[..., Browser]
) -> None:
    director = browsing("director", language="el")
    assert "Πώς ειδοποιούμαι" in director.get("/preferences").text
    form = {"mail-charged": "at-once", "mail-to-sign": "never", "push-to-sign": "on"}
    bad = director.post("/preferences", data={**form, "daily_at": "7", "quiet_from": "21"})
    assert bad.status_code == 422
    assert "Επιλέξτε και τις δύο ώρες" in bad.text
    assert '<option value="21" selected>' in bad.text
    hours = {"daily_at": "7", "quiet_from": "21", "quiet_to": "6"}
    assert director.post("/preferences", data={**form, **hours}).status_code == 303
    with house.office.db.read() as session:
        by = house.town.person(session, "director")
        kept = notices.choices.chosen(session, by=by)
        assert (kept[NoticeKind.CHARGED].mail, kept[NoticeKind.CHARGED].push) == (
            Mailing.AT_ONCE,
            False,
        )
        assert kept[NoticeKind.TO_SIGN].push
        assert notices.choices.hours(session, by.person_id) == notices.choices.Hours(7, 21, 6)
    assert '<option value="7" selected>' in director.get("/preferences").text


def test_a_browser_is_added_by_the_pages_script_and_removed_by_a_button(
    house: House, browsing: Callable[..., Browser], tmp_path: Path
) -> None:
    key = tmp_path / "push.pem"
    key.write_bytes(notices.push_keys.new())
    settings = house.office.settings.model_copy(update={"push_key": key})
    office = replace(house.office, settings=settings)
    with Browser(office, create_app(office)) as browser:
        browser.login(house.town.users["mayor"])
        assert "data-push-key" in browser.get("/preferences").text
        given = Device("https://fcm.googleapis.com/fcm/send/abc").given
        sent = {
            "endpoint": given.endpoint,
            "p256dh": given.p256dh,
            "auth": given.auth,
            "device": "Firefox <b>",
        }
        assert browser.post("/preferences/browsers", data=sent).status_code == 204
        page = browser.get("/preferences").text
        assert "Firefox &lt;b&gt;" in page
        remove = re.search(r"/preferences/browsers/\d+/remove", page)
        assert remove
        assert browser.post(remove[0]).status_code == 303
        assert browser.post(remove[0]).status_code == 404
        inside = {**sent, "endpoint": "https://localhost/x"}
        assert browser.post("/preferences/browsers", data=inside).status_code == 422
        worker = browser.get("/push-worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert "showNotification" in worker.text


def test_an_administrator_sees_what_failed_and_has_it_sent_again(
    house: House, browsing: Callable[..., Browser]
) -> None:
    with house.office.db.begin() as session:
        row = Sending(
            body_id=house.town.body_id,
            user_id=house.town.users["mayor"],
            channel=notices.Channel.MAIL,
            count=3,
            state=SendingState.FAILED,
            problem="no such host",
            ended_at=clock.now(),
        )
        session.add(row)
    again = f"/notices/sendings/{row.id}/again"
    assert browsing("director").get("/notices/sendings").status_code == 403
    assert browsing("director").post(again).status_code == 403
    administrator = browsing("administrator")
    page = administrator.get("/notices/sendings", params={"state": "failed"})
    assert "no such host" in words(page)
    assert administrator.post(again).status_code == 303
    assert administrator.post(again).status_code == 409
    with house.office.db.read() as session:
        assert session.get_one(Sending, row.id).state == SendingState.WAITING
    house.forget_jobs()


def test_the_live_count_follows_and_ends_with_the_login(
    house: House, browsing: Callable[..., Browser]
) -> None:
    quiet(house, "colleague")
    secret = browsing("colleague").cookies["docflow_session"]
    hearing = notices.Hearing(house.office.db)

    async def next_count(stream: AsyncIterator[str]) -> int | None:
        async with asyncio.timeout(10):
            async for said in stream:
                if "data: " in said:
                    told: int = json.loads(said.split("data: ")[1])["unread"]
                    return told
        return None

    async def watched() -> list[int | None]:
        seen = live.look(house.office, secret)
        assert seen is not None
        stream = live.events(house.office, hearing, secret, seen)
        counts = [await next_count(stream)]
        await asyncio.to_thread(tell, house, "colleague")
        counts.append(await next_count(stream))
        await asyncio.to_thread(quiet, house, "colleague")
        counts.append(await next_count(stream))
        with house.office.db.begin() as session:
            organization.close_session(session, secret)
        await asyncio.to_thread(tell, house, "colleague")
        counts.append(await next_count(stream))
        return counts

    assert asyncio.run(watched()) == [0, 1, 0, None]
    assert live.look(house.office, secret) is None


def test_the_live_count_ends_when_the_server_does(
    house: House, browsing: Callable[..., Browser]
) -> None:
    secret = browsing("lawyer").cookies["docflow_session"]
    hearing = notices.Hearing(house.office.db)

    async def watched() -> list[str]:
        seen = live.look(house.office, secret)
        assert seen is not None
        stream = live.events(house.office, hearing, secret, seen)
        said = [await anext(stream)]
        hearing.close()
        async with asyncio.timeout(10):
            said += [one async for one in stream]
        return said

    assert len(asyncio.run(watched())) == 1


def test_a_lost_connection_is_made_anew_and_everybody_looks_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices.hearing, "_PAUSE", 0.02)
    hearing = notices.Hearing(house.office.db)
    calls: list[int] = []
    listens = "query = 'LISTEN docflow_notices' AND datname = current_database()"
    with hearing.listening(0, lambda: calls.append(1)):
        wait_until(lambda: len(calls) == 1, what="the first connection")
        with house.office.db.begin() as session:
            session.execute(
                text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listens}")
            )
        wait_until(lambda: len(calls) == 2, what="another connection")
    hearing.close()


def test_who_is_not_logged_in_is_told_not_to_come_again(visitor: Browser) -> None:
    assert visitor.get("/notices/stream").status_code == 204


def test_the_live_count_keeps_no_login_alive(
    house: House, browsing: Callable[..., Browser]
) -> None:
    secret = browsing("lawyer").cookies["docflow_session"]
    with house.office.db.begin() as session:
        row = session.get_one(organization.models.LoginSession, organization.login.digest(secret))
        row.last_used_at = before = clock.now().replace(microsecond=0)
    live.look(house.office, secret)
    with house.office.db.read() as session:
        row = session.get_one(organization.models.LoginSession, organization.login.digest(secret))
        assert row.last_used_at == before


def test_the_count_of_the_domain_is_that_of_the_bell(
    house: House, browsing: Callable[..., Browser]
) -> None:
    tell(house, "mayor")
    assert bell(browsing("mayor")) == count(house.office, house.town, "mayor")
