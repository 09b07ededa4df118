"""Lists that people keep: their own, shared by a head with his unit, one of them the first."""

from datetime import date

import pytest
from sqlalchemy import text

from docflow import worklists
from docflow.errors import NotFound
from docflow.principal import NotAllowed
from docflow.registry import Priority
from docflow.routing import Basket, Deadline, Narrowing

WANTED = Narrowing(
    priority=Priority.URGENT, deadline=Deadline.WEEK, unassigned=True, first_day=date(2026, 1, 5)
)


def save(session, by, name="Επείγοντα", narrowing=WANTED):
    return worklists.save(session, by=by, name=name, basket=Basket.UNIT, narrowing=narrowing)


def test_a_list_is_kept_as_it_was_narrowed(session, town):
    engineer = town.person(session, "engineer")
    save(session, engineer, "  Επείγοντα \n της  εβδομάδας ")
    [kept] = worklists.listing(session, by=engineer)
    assert (kept.name, kept.basket, kept.narrowing, kept.is_mine, kept.is_first) == (
        "Επείγοντα της εβδομάδας",
        Basket.UNIT,
        WANTED,
        True,
        False,
    )


@pytest.mark.parametrize("name", ["", " ", "α" * 61])
def test_a_list_needs_a_name(session, town, name):
    with pytest.raises(worklists.BadListName):
        save(session, town.person(session, "engineer"), name)


def test_a_name_is_kept_once_by_each_person(session, town):
    save(session, town.person(session, "engineer"))
    save(session, town.person(session, "colleague"))
    with pytest.raises(worklists.ListExists, match="already"):
        save(session, town.person(session, "engineer"))


def test_the_list_of_another_is_not_there(session, town):
    made = save(session, town.person(session, "engineer"))
    colleague = town.person(session, "colleague")
    assert worklists.listing(session, by=colleague) == []
    for act in (
        lambda: worklists.named(session, made.id, by=colleague),
        lambda: worklists.remove(session, made.id, by=colleague),
        lambda: worklists.begin_with(session, made.id, by=colleague),
        lambda: worklists.share(session, made.id, town.units["ΟΔΟΠ"], by=colleague),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_head_shares_with_his_unit_and_takes_it_back(session, town):
    director, engineer = (town.person(session, who) for who in ("director", "engineer"))
    made = save(session, director)
    worklists.share(session, made.id, town.units["ΟΔΟΠ"], by=director)
    [seen] = worklists.listing(session, by=engineer)
    assert (seen.is_mine, seen.owner, seen.shared_with) == (
        False,
        "Γιώργος Αλεξίου",
        "Τμήμα Οδοποιίας",
    )
    worklists.begin_with(session, made.id, by=engineer)
    assert worklists.listing(session, by=town.person(session, "lawyer")) == []
    with pytest.raises(NotFound):
        worklists.remove(session, made.id, by=engineer)
    worklists.share(session, made.id, None, by=director)
    assert worklists.listing(session, by=engineer) == []
    assert worklists.first(session, by=engineer) is None


def test_only_the_head_of_a_unit_shares_with_it(session, town):
    for who, unit in (("engineer", "ΟΔΟΠ"), ("director", "ΝΟΜ")):
        by = town.person(session, who)
        made = save(session, by)
        with pytest.raises(NotAllowed):
            worklists.share(session, made.id, town.units[unit], by=by)


def test_work_begins_with_the_chosen_list_until_it_is_gone(session, town):
    engineer = town.person(session, "engineer")
    one, other = save(session, engineer, "α"), save(session, engineer, "β")
    for made in (one, other):
        worklists.begin_with(session, made.id, by=engineer)
    begun = worklists.first(session, by=engineer)
    assert begun is not None
    assert begun.name == "β"
    worklists.remove(session, other.id, by=engineer)
    session.flush()
    assert worklists.first(session, by=engineer) is None


def test_a_kept_list_outlives_words_that_are_known_no_more(session, town):
    engineer = town.person(session, "engineer")
    made = save(session, engineer)
    session.flush()
    session.execute(
        text(
            "UPDATE saved_lists SET narrowing = narrowing || "
            """'{"priority": "at-once", "colour": "red", "age": 5}'"""
        )
    )
    session.expire_all()
    kept = worklists.named(session, made.id, by=engineer).narrowing
    assert kept == Narrowing(deadline=Deadline.WEEK, unassigned=True, first_day=date(2026, 1, 5))
