"""Deputies from the command line."""

from datetime import timedelta

from docflow import clock
from docflow.db import Database
from docflow.organization import Body, Role, User, grant
from tests.cli.conftest import Terminal


def test_a_deputy_is_appointed_listed_and_ended(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        body = session.query(Body).first()
        assert body is not None
        for name in ("dimarchos", "antidimarchos"):
            user = User(
                body_id=body.id,
                username=name,
                full_name=name.title(),
                title="",
                password_hash="x",
            )
            session.add(user)
            session.flush()
            grant(session, user, Role.SIGNER)
    today = clock.today()
    period = ("--from", today.isoformat(), "--to", (today + timedelta(days=3)).isoformat())
    admin = ("--as", "admin")
    made = office("deputies", "appoint", "dimarchos", "antidimarchos", *period, *admin)
    assert made.code == 0, made.err
    [shown] = office("deputies", "list", "--json", *admin).document
    assert (shown["person"], shown["deputy"], shown["scope"]) == (
        "Dimarchos",
        "Antidimarchos",
        "all",
    )
    chain = office("deputies", "appoint", "antidimarchos", "admin", *period, *admin)
    assert chain.code == 1
    assert office("deputies", "end", shown["id"], *admin).code == 0
    assert office("deputies", "list", "--json", *admin).document == []
    assert office("deputies", "list", "--past", *admin).code == 0


def test_what_is_no_day_or_no_right_is_refused(office: Terminal) -> None:
    wrong = office(
        "deputies", "appoint", "admin", "cli", "--from", "x", "--to", "y", "--as", "admin"
    )
    assert wrong.code == 1
    assert "is no date" in wrong.err
    today = clock.today().isoformat()
    period = ("--from", today, "--to", today)
    assert office("deputies", "appoint", "admin", "cli", *period).code == 1


def test_a_sheet_of_no_draft_is_not_written(office: Terminal) -> None:
    done = office("circulation-sheet", "999", "--output", "sheet.pdf")
    assert done.code == 1
    assert not (office.place / "sheet.pdf").exists()
