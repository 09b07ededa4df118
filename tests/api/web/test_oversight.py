"""Account, audit trail and system: each for whom it is, and what they do."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from docflow import audit, outbox
from docflow.outbox import Job, JobState
from tests import factories
from tests.api.browsing import Browser, words
from tests.api.conftest import House, Issued

Browsing = Callable[..., Browser]


@pytest.mark.parametrize(
    ("path", "open_to"),
    [
        ("/audit", {"auditor"}),
        ("/storage", {"auditor", "administrator"}),
        ("/reads", {"auditor"}),
        ("/holds", {"auditor"}),
        ("/system", {"administrator"}),
        ("/me", {"clerk", "auditor", "administrator", "mayor"}),
        ("/drafts", {"clerk", "auditor", "administrator", "mayor"}),
        ("/search", {"clerk", "auditor", "administrator", "mayor"}),
    ],
)
@pytest.mark.parametrize("language", ["el", "en"])
def test_a_page_opens_for_those_it_is_made_for(
    browsing: Browsing, path: str, open_to: set[str], language: str
):
    for username in ("clerk", "auditor", "administrator", "mayor"):
        answer = browsing(username, language=language).get(path)
        assert answer.status_code == (200 if username in open_to else 403)
        assert f'<html lang="{language}"' in answer.text


def test_the_auditor_sees_that_trail_and_series_are_sound(browsing: Browsing, house: House):
    house.register()
    with house.office.db.begin() as session:
        while audit.sequence(session):
            pass
    auditor = browsing("auditor")
    assert auditor.post("/audit/check").headers["location"] == "/audit"
    waiting = auditor.get("/audit")
    assert "The trail is being checked" in words(waiting)
    assert 'hx-get="/audit/check"' in waiting.text
    house.run_jobs()
    block = auditor.get("/audit/check", headers={"HX-Request": "true"})
    assert "The trail is sound" in words(block)
    page = words(auditor.get("/audit"))
    assert "The trail is sound" in page
    assert "Unbroken" in page
    assert "koino" in page


def test_the_administrator_lets_a_failed_job_run_again(browsing: Browsing, house: House):
    with house.office.db.begin() as session:
        outbox.enqueue(session, "dispatch.notify", delivery_id=0)
        job = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
        job_id = job.id
        job.state, job.problem = JobState.FAILED, "καμία απάντηση"
    administrator = browsing("administrator")
    page = administrator.get("/system")
    assert "Notice to a recipient" in words(page)
    assert "καμία απάντηση" in words(page)
    assert browsing("clerk").post(f"/system/jobs/{job_id}/retry").status_code == 403
    done = administrator.post(f"/system/jobs/{job_id}/retry")
    assert done.headers["location"] == "/system?done=retry"
    with house.office.db.begin() as session:
        row = session.get_one(Job, job_id)
        assert row.state == JobState.WAITING
        session.delete(row)


def test_the_administrator_finds_the_mails_of_an_installation_without_mail(
    browsing: Browsing, issued: Issued
):
    page = browsing("administrator").get("/system")
    assert issued.pickup in page.text
    assert issued.pickup_code in page.text


def test_a_person_adds_his_signing_key(browsing: Browsing, house: House):
    lawyer = browsing("lawyer")
    key = house.keys.persons["engineer"]
    wrong = lawyer.post("/me/key", data={"password": "x"}, files=[("key", ("k.p12", key))])
    assert wrong.status_code == 422
    assert "password of the signing key is wrong" in words(wrong)
    form = {"password": factories.KEY_PASSWORD}
    assert lawyer.post("/me/key", data=form).status_code == 422
    nonsense = lawyer.post("/me/key", data=form, files=[("key", ("k.p12", b"no key"))])
    assert nonsense.status_code == 422
    done = lawyer.post("/me/key", data=form, files=[("key", ("k.p12", key))])
    assert done.headers["location"] == "/me?done=key"
    assert "Άννα Βλάχου" in words(lawyer.get("/me"))
