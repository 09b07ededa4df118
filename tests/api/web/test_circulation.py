"""The pages of signing work: lists, batch, chains, deputies, versions, the circulation sheet."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from docflow import circulation, clock, organization
from tests import factories
from tests.api.browsing import Browser, hidden, seen, typed, words
from tests.api.conftest import House
from tests.docflow.steps import step_of

Browsing = Callable[..., Browser]
PASSWORD = {"password": factories.KEY_PASSWORD}


@pytest.fixture
def draft(house: House) -> str:
    """The address of a draft of the engineer, not sent yet."""
    return f"/drafts/{begun(house)}"


def begun(house: House) -> int:
    address = house.accepted(house.register())
    with house.office.db.begin() as session:
        by = house.town.person(session, "engineer")
        entry_id = house.entry_id(address)
        return circulation.begin_answer(session, entry_id, factories.content(), by=by).id


def circulated(house: House, *, names: tuple[str, ...] = ("director",), informed: str = "") -> int:
    """A draft that waits for these countersigners beside each other, then for the mayor."""
    draft_id = begun(house)
    sent(house, draft_id, names=names, informed=informed)
    return draft_id


def sent(
    house: House, draft_id: int, *, names: tuple[str, ...] = ("director",), informed: str = ""
) -> None:
    """Send the draft round so; with `informed` that person is only told, and the mayor signs."""
    names = () if informed else names
    steps = [
        circulation.ChainStep(
            1,
            circulation.StepKind.COUNTERSIGN,
            circulation.Who.PERSON,
            house.town.users[name],
        )
        for name in names
    ]
    steps.append(circulation.ChainStep(2, circulation.StepKind.SIGNATURE, circulation.Who.FINAL))
    if informed:
        person = house.town.users[informed]
        information = circulation.StepKind.INFORMATION
        steps.append(circulation.ChainStep(1, information, circulation.Who.PERSON, person))
    with house.office.db.read() as session:
        by = house.town.person(session, "engineer")
    mayor = house.town.users["mayor"]
    circulation.circulate(house.office, draft_id, by=by, final_signer_id=mayor, steps=steps)


def chosen(house: House, draft_id: int) -> str:
    """The box of a draft that waits for the director."""
    return f"{draft_id}.{step_of(house.office, house.town, draft_id, 'director')}"


def test_the_list_says_what_is_asked(browsing: Browsing, house: House):
    draft_id = circulated(house)
    page = browsing("director").get("/drafts")
    assert f"/drafts/{draft_id}" in page.text
    assert re.search(r"To countersign \d+", words(page))
    assert f'href="/drafts/{draft_id}"' not in browsing("mayor").get("/drafts").text


def test_many_are_signed_with_one_password_and_each_has_its_result(
    browsing: Browsing, house: House
):
    director = browsing("director")
    first, second, third = (circulated(house) for _ in range(3))
    boxes = [chosen(house, one) for one in (first, second, third)]
    listed = director.get("/drafts").text
    assert all(f'name="draft" value="{box}"' in listed for box in boxes)
    confirm = director.get("/drafts/batch", params={"draft": boxes})
    assert all(f'name="draft" value="{box}"' in confirm.text for box in boxes)
    assert "3 documents will be signed" in words(confirm)
    with house.office.db.begin() as session:  # in the middle one goes away
        circulation.recall(session, second, by=house.town.person(session, "engineer"))
    form = {"draft": boxes, **PASSWORD}
    results = director.post("/drafts/batch", data=form)
    assert results.status_code == 200
    told = words(results)
    assert "Done: 2 signed, 1 not signed" in told
    assert "The draft has moved on in the meantime" in told
    assert factories.KEY_PASSWORD not in results.text
    assert browsing("mayor").get(f"/drafts/{third}").status_code == 200


def test_a_batch_with_a_wrong_password_comes_back_and_signs_nothing(
    browsing: Browsing, house: House
):
    draft_id = circulated(house)
    director = browsing("director")
    form = {"draft": [chosen(house, draft_id)], "password": "μυστικό-λάθος"}
    answer = director.post("/drafts/batch", data=form)
    assert answer.status_code == 422
    assert "μυστικό-λάθος" not in answer.text
    assert "1 document will be signed" in words(answer)
    right = director.post("/drafts/batch", data={"draft": [chosen(house, draft_id)], **PASSWORD})
    assert "Done: 1 signed, 0 not signed" in words(right)


@pytest.mark.parametrize("form", [{}, {"draft": "x"}, {"draft": "17"}, {"draft": "999999999.1"}])
def test_a_batch_of_nothing_or_nonsense_is_answered(browsing: Browsing, form: dict[str, str]):
    answer = browsing("director").post("/drafts/batch", data={**form, **PASSWORD})
    assert answer.status_code in (200, 422)
    assert "0 signed" in words(answer) or "None of the chosen" in words(answer)


def test_the_chain_is_shown_with_names_before_it_is_sent(
    browsing: Browsing, house: House, draft: str
):
    engineer = browsing("engineer")
    page = engineer.get(draft)
    assert "Γιώργος Αλεξίου Countersignature" in words(page)
    form = engineer.get(f"{draft}/chain")
    assert typed(form, "rank.0") == "1"
    users = house.town.users
    chosen = {
        "who.0": str(users["director"]),
        "rank.0": "1",
        "kind.0": "countersign",
        "who.1": str(users["secretary"]),
        "rank.1": "1",
        "kind.1": "countersign",
        "rule.1": "any",
        "who.2": "final",
        "rank.2": "2",
        "kind.2": "signature",
        "final_signer": str(users["mayor"]),
    }
    shown = engineer.post(f"{draft}/chain", data={**chosen, "act": "show"})
    assert "So it would go" in words(shown)
    assert "Ελένη Ράπτη" in words(shown)
    assert "Awaiting signatures" not in words(engineer.get(draft))
    sent = engineer.post(f"{draft}/chain", data={**chosen, "act": "send"})
    assert sent.status_code == 303, words(sent)
    assert "One of the rank" in words(engineer.get(draft))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"who.2": ""}, "Somebody must sign"),
        ({"final_signer": ""}, "Choose who signs last"),
        ({"who.1": "director-general"}, "Choose one from the list"),
        ({"rank.1": "first"}, "is not a whole number"),
        ({"who.1": "0", "who.0": "0"}, "no such person"),
    ],
)
def test_a_chain_that_is_wrong_comes_back_as_it_was(
    browsing: Browsing, house: House, draft: str, change: dict[str, str], said: str
):
    users = house.town.users
    chosen = {
        "who.0": str(users["director"]),
        "rank.0": "1",
        "who.1": str(users["secretary"]),
        "rank.1": "2",
        "who.2": "final",
        "rank.2": "3",
        "kind.2": "signature",
        "final_signer": str(users["mayor"]),
        "act": "send",
        **change,
    }
    answer = browsing("engineer").post(f"{draft}/chain", data=chosen)
    assert answer.status_code in (404, 409, 422)
    assert said in words(answer)
    assert typed(answer, "rank.0") == "1"


def test_a_countersigner_objects_and_the_drafter_reads_it(browsing: Browsing, house: House):
    draft_id = circulated(house)
    director = browsing("director")
    form = seen(director, f"/drafts/{draft_id}", **PASSWORD, objection="Διαφωνώ με τη δαπάνη")
    assert director.post(f"/drafts/{draft_id}/sign", data=form).status_code == 303
    told = words(browsing("engineer").get(f"/drafts/{draft_id}"))
    assert "Written objection (not printed): Διαφωνώ με τη δαπάνη" in told


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("sign", PASSWORD),
        ("return", {"reason": "Λάθος ποσό"}),
        ("reject", {"reject_reason": "Αναρμόδια"}),
        ("forward", {"forward_reason": "Αρμόδια"}),
        ("take-note", {}),
    ],
)
def test_a_page_of_an_earlier_text_does_nothing_to_the_present_one(
    browsing: Browsing, house: House, act: str, fields: dict[str, str]
):
    """A page left open: meanwhile the draft was recalled, changed, and came to the person again."""
    draft_id = circulated(house, informed="director" if act == "take-note" else "")
    director, path = browsing("director"), f"/drafts/{draft_id}"
    old = seen(director, path, **fields)
    if act == "forward":
        old["to"] = str(house.town.users["secretary"])
    with house.office.db.begin() as session:
        by = house.town.person(session, "engineer")
        circulation.recall(session, draft_id, by=by)
        content = factories.content(body="Σας γνωρίζουμε το αντίθετο.")
        circulation.save(session, draft_id, content, version=1, by=by)
    sent(house, draft_id, informed="director" if act == "take-note" else "")
    new = seen(director, path, **fields)["step"]
    assert new != old["step"]
    for form in (old, {name: value for name, value in old.items() if name != "step"}):
        told = director.post(f"{path}/{act}", data=form)
        assert told.status_code == 409
        assert "The draft has moved on in the meantime. Look at it again." in words(told)
    assert hidden(told)["step"] == new  # still his, and untouched
    done = director.post(f"{path}/{act}", data={**old, "step": new})
    assert done.status_code == 303, words(done)


def test_what_was_typed_stays_when_the_password_is_wrong(browsing: Browsing, house: House):
    draft_id = circulated(house)
    director, path = browsing("director"), f"/drafts/{draft_id}"
    form = seen(director, path, password="λάθος", objection="Διαφωνώ με τη δαπάνη")
    answer = director.post(f"{path}/sign", data=form)
    assert answer.status_code == 422
    assert typed(answer, "objection") == "Διαφωνώ με τη δαπάνη"
    right = {**PASSWORD, "step": hidden(answer)["step"]}
    assert director.post(f"{path}/sign", data=right).status_code == 303


def test_a_draft_is_rejected_for_good(browsing: Browsing, house: House):
    draft_id = circulated(house)
    director = browsing("director")
    empty = director.post(
        f"/drafts/{draft_id}/reject", data=seen(director, f"/drafts/{draft_id}", reject_reason=" ")
    )
    assert empty.status_code == 422
    assert "Write the reason of the rejection" in words(empty)
    form = {"step": hidden(empty)["step"], "reject_reason": "Αναρμόδια"}
    director.post(f"/drafts/{draft_id}/reject", data=form)
    told = words(browsing("engineer").get(f"/drafts/{draft_id}"))
    assert "The draft was rejected" in told
    assert "Αναρμόδια" in told


def test_a_draft_is_recalled_changed_and_compared(browsing: Browsing, house: House):
    draft_id = circulated(house)
    engineer = browsing("engineer")
    assert engineer.post(f"/drafts/{draft_id}/recall").status_code == 303
    with house.office.db.begin() as session:
        by = house.town.person(session, "engineer")
        content = factories.content(body="Σας γνωρίζουμε ότι η επισκευή αναβάλλεται.")
        circulation.save(session, draft_id, content, version=1, by=by)
    page = engineer.get(f"/drafts/{draft_id}/versions")
    assert "<ins>" in page.text
    assert "<del>" in page.text
    assert "Version 1" in words(page)
    same = engineer.get(f"/drafts/{draft_id}/versions?old=2&new=2")
    assert "The two say the same" in words(same)
    assert engineer.get(f"/drafts/{draft_id}/versions?old=1&new=9").status_code == 404
    assert browsing("lawyer").get(f"/drafts/{draft_id}/versions").status_code == 404


def test_after_a_colleagues_signature_the_recall_is_refused_on_the_page(
    browsing: Browsing, house: House
):
    draft_id = circulated(house)
    director = browsing("director")
    director.post(
        f"/drafts/{draft_id}/sign", data=seen(director, f"/drafts/{draft_id}", **PASSWORD)
    )
    answer = browsing("engineer").post(f"/drafts/{draft_id}/recall")
    assert answer.status_code == 409
    assert "Γιώργος Αλεξίου has signed already" in words(answer)


def test_a_step_is_passed_on(browsing: Browsing, house: House):
    draft_id = circulated(house)
    director, town = browsing("director"), house.town
    assert director.post(f"/drafts/{draft_id}/forward", data={}).status_code == 422
    form = seen(
        director,
        f"/drafts/{draft_id}",
        to=str(town.users["secretary"]),
        forward_reason="Αρμόδια για το θέμα",
    )
    assert director.post(f"/drafts/{draft_id}/forward", data=form).status_code == 303
    assert "passed on by a colleague" in words(browsing("secretary").get(f"/drafts/{draft_id}"))


def test_a_deputy_is_appointed_acts_and_is_ended(browsing: Browsing, house: House):
    draft_id = circulated(house)
    administrator, colleague = browsing("administrator"), browsing("colleague")
    today = clock.today()
    form = {
        "person": str(house.town.users["director"]),
        "deputy": str(house.town.users["colleague"]),
        "valid_from": f"{today:%d/%m/%Y}",
        "valid_to": f"{today + timedelta(days=2):%d/%m/%Y}",
        "scope": "all",
        "acts_as": "by-order",
        "authority": "Απόφαση 9/2026",
    }
    assert colleague.get(f"/drafts/{draft_id}").status_code == 404
    assert administrator.post("/deputies", data=form).status_code == 303
    assert "Holds today" in words(administrator.get("/deputies"))
    page = colleague.get(f"/drafts/{draft_id}")
    assert "You act for Γιώργος Αλεξίου" in words(page)
    assert "Γιώργος Αλεξίου" in words(colleague.get("/drafts"))
    form = {**PASSWORD, "step": hidden(page)["step"]}
    assert colleague.post(f"/drafts/{draft_id}/sign", data=form).status_code == 303
    assert "By order (με εντολή): Πέτρος Δήμου" in words(
        browsing("engineer").get(f"/drafts/{draft_id}")
    )
    [end] = re.findall(r'action="(/deputies/\d+/end)"', administrator.get("/deputies").text)
    assert administrator.post(end).status_code == 303
    assert "Over" in words(administrator.get("/deputies?past=1"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deputy": ""}, "Choose who acts for him"),
        ({"person": ""}, "Choose who is away"),
        ({"valid_from": ""}, "Write the first day"),
        ({"valid_to": "32/1/2026"}, "is not a date"),
        ({"valid_to": "1/1/2020"}, "last day is before the first"),
        ({"valid_from": "1/1/2020", "valid_to": "2/1/2020"}, "This period is over"),
    ],
)
def test_an_appointment_that_is_wrong_comes_back_as_it_was(
    browsing: Browsing, house: House, change: dict[str, str], said: str
):
    form = {
        "person": str(house.town.users["director"]),
        "deputy": str(house.town.users["colleague"]),
        "valid_from": "t",
        "valid_to": "t",
        "authority": "Απόφαση 10/2026",
        **change,
    }
    answer = browsing("administrator").post("/deputies", data=form)
    assert answer.status_code == 422
    assert said in words(answer)
    assert typed(answer, "authority") == "Απόφαση 10/2026"


def test_who_heads_nobody_sees_no_form_and_appoints_nobody(browsing: Browsing, house: House):
    lawyer = browsing("lawyer")
    assert "Appoint a deputy" not in words(lawyer.get("/deputies"))
    form = {
        "person": str(house.town.users["mayor"]),
        "deputy": str(house.town.users["colleague"]),
        "valid_from": "t",
        "valid_to": "t",
    }
    assert lawyer.post("/deputies", data=form).status_code == 403


def test_a_chain_is_kept_offered_and_withdrawn(browsing: Browsing, house: House, draft: str):
    director = browsing("director")
    unit = str(house.town.units["ΤΥ"])
    form = {
        "name": "Μόνο δήμαρχος",
        "unit": unit,
        "who.0": "final",
        "rank.0": "1",
        "kind.0": "signature",
    }
    refused = director.post("/chains", data={**form, "who.0": ""})
    assert refused.status_code == 422
    assert typed(refused, "name") == "Μόνο δήμαρχος"
    assert director.post("/chains", data=form).status_code == 303
    assert "Μόνο δήμαρχος" in words(browsing("engineer").get(f"{draft}/chain"))
    [retire] = re.findall(r'action="(/chains/\d+/retire)"', director.get("/chains").text)
    assert browsing("secretary").post(retire).status_code == 403
    assert director.post(retire).status_code == 303
    assert "Μόνο δήμαρχος" not in words(director.get("/chains"))


def test_the_circulation_sheet_is_for_those_who_may_see_the_draft(browsing: Browsing, house: House):
    draft_id = circulated(house)
    for copy in ("staff", "plain"):
        answer = browsing("engineer").get(f"/drafts/{draft_id}/sheet.pdf?copy={copy}")
        assert answer.content.startswith(b"%PDF")
    assert browsing("clerk").get(f"/drafts/{draft_id}/sheet.pdf").status_code == 404


def test_a_final_signer_ends_the_chain_from_the_page(browsing: Browsing, house: House):
    draft_id = circulated(house, names=("secretary",))
    with house.office.db.begin() as session:
        user = session.get_one(organization.User, house.town.users["secretary"])
        grant = organization.grant(session, user, organization.Role.FINAL_SIGNER)
        session.flush()
        grant_id = grant.id
    secretary = browsing("secretary")
    assert "Sign as the last" in words(secretary.get(f"/drafts/{draft_id}"))
    form = seen(secretary, f"/drafts/{draft_id}", **PASSWORD, as_last="1")
    assert secretary.post(f"/drafts/{draft_id}/sign", data=form).status_code == 303
    assert "Not asked any more" in words(secretary.get(f"/drafts/{draft_id}"))
    with house.office.db.begin() as session:  # the house is shared with other tests
        session.delete(session.get_one(organization.Grant, grant_id))
    house.run_jobs()
