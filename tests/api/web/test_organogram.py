"""The organogram's pages: dry run, act, file; accounts with their first password; bodies."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from api.app import create_app
from docflow import organization, registry, routing, throttle
from docflow.office import Office
from docflow.organization import Role, Unit, User
from tests import factories
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House


@pytest.fixture
def admin(browsing: Callable[..., Browser]) -> Browser:
    return browsing("administrator")


def unit_id(house: House, code: str) -> int:
    with house.office.db.read() as session:
        found = session.scalar(select(Unit.id).where(Unit.code == code))
        assert found is not None
        return found


def charge_to(house: House, entry_id: int, unit: int, person: int | None = None) -> None:
    with house.office.db.begin() as session:
        by = house.town.person(session, "secretary")
        routing.charge(session, entry_id, by=by, to=routing.Target(unit, person))


def begun(admin: Browser, code: str, name: str, parent: str = "ΝΟΜ") -> None:
    form = {"act": "new", "code": code, "name": name, "parent": parent}
    plan = admin.post("/organogram/dry-run", data=form)
    assert admin.post("/organogram/carry-out", data=hidden(plan)).status_code == 303


def test_a_unit_with_work_is_dissolved_by_the_wizard(house: House, admin: Browser) -> None:
    begun(admin, "W1", "Γραφείο Ένα")
    begun(admin, "W2", "Γραφείο Δύο")
    address = house.register()
    charge_to(house, house.entry_id(address), unit_id(house, "W1"))
    alone = admin.post("/organogram/dry-run", data={"act": "dissolve", "code": "W1"})
    assert "Name the unit that takes over" in words(alone)
    assert 'action="/organogram/carry-out"' in alone.text
    assert "Carry it out today" not in words(alone)
    form = {"act": "dissolve", "code": "W1", "successor": "ΝΟΜ"}
    plan = admin.post("/organogram/dry-run", data=form)
    number = address.rsplit("/", 1)[1]
    assert f"{number}/" in words(plan)
    [place] = re.findall(r'name="(place-entry:\d+)"', plan.text)
    sent = {**hidden(plan), place: "W2"}
    done = admin.post("/organogram/carry-out", data=sent)
    assert done.headers["location"] == "/organogram?done=organogram-changed"
    with house.office.db.read() as session:
        handling = session.get_one(registry.Handling, house.entry_id(address))
        assert handling.unit_id == unit_id(house, "W2")
    again = admin.post("/organogram/carry-out", data=sent)
    assert again.status_code == 409
    assert "Somebody changed the organogram" in words(again)
    old = admin.get(f"/organogram/units/{unit_id(house, 'W1')}")
    assert "Dissolved" in words(old)
    told = admin.get("/organogram")
    change = re.search(r"/organogram/changes/\d+", told.text)
    assert change is not None
    assert "Γραφείο Ένα is dissolved" in words(admin.get(change[0]))


def test_a_wrong_form_comes_back_as_it_was(admin: Browser) -> None:
    form = {"act": "split", "code": "ΝΟΜ", "parts": "μόνο ένα", "authority": "Απόφαση 9"}
    back = admin.post("/organogram/dry-run", data=form)
    assert back.status_code == 422
    assert "Write a line for each part" in words(back)
    assert "μόνο ένα" in back.text
    assert "Απόφαση 9" in back.text
    late = admin.post("/organogram/dry-run", data={"act": "head", "code": "ΝΟΜ", "on": "1/1/2020"})
    refused = admin.post("/organogram/carry-out", data=hidden(late))
    assert refused.status_code == 422
    assert "today at the earliest" in words(refused)


def test_the_file_that_goes_out_comes_back_in(admin: Browser) -> None:
    data = admin.get("/organogram/export.csv")
    assert data.headers["content-disposition"].endswith('.csv"')
    files = {"file": ("o.csv", data.content, "text/csv")}
    same = admin.post("/organogram/import", files=files)
    assert same.headers["location"] == "/organogram?done=nothing-to-change"
    changed = data.content.decode("utf-8-sig") + "F1;Γραφείο Αρχείου;ΝΟΜ;;;;;;\r\n"
    plan = admin.post("/organogram/import", files={"file": ("o.csv", changed.encode(), "text/csv")})
    assert "Γραφείο Αρχείου" in words(plan)
    assert admin.post("/organogram/carry-out", data=hidden(plan)).status_code == 303
    assert "Γραφείο Αρχείου" in admin.get("/organogram/export.json").text
    bad = admin.post("/organogram/import", files={"file": ("o.csv", b"\xff", "text/csv")})
    assert bad.status_code == 422


def test_who_works_sees_the_tree_and_changes_nothing(browsing: Callable[..., Browser]) -> None:
    engineer = browsing("engineer", language="el")
    page = engineer.get("/organogram")
    assert "Τμήμα Οδοποιίας" in words(page)
    assert "/organogram/change" not in page.text
    assert engineer.get("/organogram?on=αύριο").status_code == 422
    assert engineer.get("/organogram?on=1/1/1990").status_code == 200
    for address in ("/organogram/change", "/users", "/bodies", "/users/new", "/bodies/new"):
        assert engineer.get(address).status_code == 403
    assert engineer.post("/organogram/carry-out", data={"steps": "[]"}).status_code == 403


def test_an_account_is_made_given_a_role_and_chooses_its_password(
    house: House, admin: Browser, browsing: Callable[..., Browser]
) -> None:
    form = {"full_name": "Ρένα Μακρή", "username": "rena", "way": "password"}
    made = admin.post("/users/new", data=form)
    password = re.search(r"<code>([^<]+)</code>", made.text)
    assert password is not None
    with house.office.db.read() as session:
        user = session.scalar(select(User).where(User.username == "rena"))
        assert user is not None
    here = f"/users/{user.id}"
    role = {"act": "role", "role": "employee", "unit_id": str(unit_id(house, "ΝΟΜ"))}
    assert admin.post(here, data=role).status_code == 303
    again = admin.post(here, data=role)
    assert "has this role already" in words(again)
    with Browser(house.office, house.app) as rena:
        entered = rena.post("/login", data={"username": "rena", "password": password[1]})
        assert entered.status_code == 303
        assert rena.get("/work").headers["location"] == "/password"
        secrets = {"password": password[1], "new_password": "δικός-μου-1", "repeated": "άλλος"}
        wrong = rena.post("/password", data=secrets)
        assert wrong.status_code == 422
        assert "δικός-μου-1" not in wrong.text
        for status in (422, 422, 422, 422, 422, 429):
            guess = {"password": "λάθος", "new_password": "άλλος-1234", "repeated": "άλλος-1234"}
            assert rena.post("/password", data=guess).status_code == status
        with house.office.db.begin() as session:
            session.execute(delete(throttle.Tries))  # some minutes later
        assert (
            rena.post("/password", data={**secrets, "repeated": "δικός-μου-1"}).status_code == 303
        )
        assert rena.get("/work").status_code == 200
        assert admin.post(here, data={"act": "lock"}).status_code == 303
        assert "Log in" in words(rena.get("/work"))
    assert "Locked" in words(admin.get(here))
    assert admin.post(here, data={"act": "unlock"}).status_code == 303
    leave = {"act": "leave", "last_day": "t", "at_once": "1"}
    assert admin.post(here, data=leave).status_code == 303
    assert "Closed" in words(admin.get(here))
    assert "Ρένα Μακρή" not in words(admin.get("/users"))
    assert "Ρένα Μακρή" in words(admin.get("/users?closed=1&q=rena"))


def test_service_with_open_work_ends_only_with_a_place_for_it(house: House, admin: Browser) -> None:
    with house.office.db.begin() as session:
        town, body = house.town, house.town.body_id
        user = User(body_id=body, username="leaver", full_name="Λ", title="", password_hash="x")
        session.add(user)
        session.flush()
        unit = session.get_one(Unit, town.units["ΝΟΜ"])
        organization.grant(session, user, Role.EMPLOYEE, unit)
        session.flush()
    entry_id = house.entry_id(house.register())
    charge_to(house, entry_id, unit.id, user.id)
    leave = {"act": "leave", "last_day": "t", "at_once": "1"}
    refused = admin.post(f"/users/{user.id}", data=leave)
    assert refused.status_code == 409
    assert "has open work (1)" in words(refused)
    odd = admin.post(f"/users/{user.id}", data={**leave, "work_to": "x"})
    assert odd.status_code == 422
    placed = {**leave, "work_to": f"{unit.id}:{town.users['lawyer']}"}
    assert admin.post(f"/users/{user.id}", data=placed).status_code == 303
    with house.office.db.read() as session:
        handling = session.get_one(registry.Handling, entry_id)
        assert handling.user_id == town.users["lawyer"]


def test_a_post_is_added_and_filled(house: House, admin: Browser) -> None:
    begun(admin, "P1", "Γραφείο Θέσεων")
    here = f"/organogram/units/{unit_id(house, 'P1')}"
    post = {"title": "Προϊσταμένη", "role": "head"}
    assert admin.post(f"{here}/posts", data=post).status_code == 303
    assert admin.post(f"{here}/posts", data={"title": "", "role": "head"}).status_code == 422
    page = admin.get(here)
    assert "Vacant" in words(page)
    action = re.search(rf"{here}/posts/\d+", page.text)
    assert action is not None
    fill = {"user_id": str(house.town.users["lawyer"])}
    assert admin.post(action[0], data=fill).status_code == 303
    assert "Ιωάννα Σταύρου" in words(admin.get(here))
    assert admin.post(action[0], data=fill).status_code == 409
    assert admin.post(action[0], data={"act": "vacate"}).status_code == 303


def test_another_body_has_pages_of_its_own(committed: Office) -> None:
    app = create_app(committed)
    with committed.db.begin() as session:
        town = factories.municipality(session)
        user = session.get_one(User, town.users["administrator"])
        organization.grant(session, user, Role.INSTALLATION)
    form = {
        "name": "ΔΕΥΑ Παραδείγματος",
        "code": "deya",
        "full_name": "Ζωή Νικολάου",
        "username": "deya",
    }
    with Browser(committed, app) as admin:
        admin.login(user.id)
        assert admin.post("/bodies/new", data={**form, "code": "Δ"}).status_code == 422
        made = admin.post("/bodies/new", data=form)
        assert "ΔΕΥΑ Παραδείγματος" in words(made)
        assert re.search(r"<code>[a-z0-9-]{19}</code>", made.text)
    with committed.db.begin() as session:
        own = session.scalars(select(User).where(User.username == "deya")).one()
        own.must_change_password = False
    with Browser(committed, app) as other:
        other.login(own.id)
        page = other.get("/bodies")
        assert "ΔΕΥΑ" in words(page)
        assert "Δήμος Παραδείγματος" not in words(page)
        assert other.get(f"/bodies/{town.body_id}").status_code == 404
        assert other.get(f"/users/{town.users['clerk']}").status_code == 404
        assert other.get(f"/organogram/units/{town.units['ΝΟΜ']}").status_code == 404
        change = {"name": "ΔΕΥΑ Π.", "letterhead": "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ"}
        assert other.post(f"/bodies/{own.body_id}", data=change).status_code == 303
