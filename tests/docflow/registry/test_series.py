"""A batch of one sender: every document gets its number, or none does."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import registry
from docflow.documents import Upload
from docflow.registry import BookYear, Entry, NewEntry
from docflow.registry.series import BadBatch
from tests import factories
from tests.factories import Town


def _together(session: Session, town: Town, *news: NewEntry, **more: Any) -> list[Entry]:
    items = more.pop("items", [(new, []) for new in news])
    return registry.register_together(
        session,
        items,
        by=town.person(session, "clerk"),
        zone=factories.ZONE,
        ocr_languages=[],
        **more,
    )


def test_a_batch_gets_numbers_in_its_order(session: Session, town: Town) -> None:
    entries = _together(session, town, *(factories.incoming() for _ in range(5)))
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]


def test_one_wrong_document_takes_the_numbers_of_all_back(session: Session, town: Town) -> None:
    news = [factories.incoming(), factories.incoming(subject=""), factories.incoming()]
    with pytest.raises(registry.BadSubject) as refused, session.begin_nested():
        _together(session, town, *news)
    assert refused.value.field == "items.1.subject"
    assert session.scalar(select(func.count()).select_from(Entry)) == 0
    assert session.scalar(select(func.max(BookYear.last_number))) is None
    assert [entry.number for entry in _together(session, town, news[0], news[2])] == [1, 2]


def test_a_batch_that_is_sent_again_gives_the_same_entries(session: Session, town: Town) -> None:
    news = [factories.incoming(), factories.incoming()]
    first = _together(session, town, *news, idempotency_key="k")
    again = _together(session, town, *news, idempotency_key="k")
    assert [entry.id for entry in first] == [entry.id for entry in again]


def test_a_letter_twice_in_one_batch_is_noticed(session: Session, town: Town) -> None:
    upload = Upload("α.txt", "a" * 64, 1, "text/plain")
    items = [(factories.incoming(), [upload]), (factories.incoming(), [upload])]
    with pytest.raises(registry.DuplicateFound) as found, session.begin_nested():
        _together(session, town, items=items)
    assert found.value.field == "items.1.duplicate_reason"
    assert len(_together(session, town, items=items, duplicate_reason="δύο αντίτυπα")) == 2


@pytest.mark.parametrize("count", [0, 201])
def test_a_batch_has_its_size(session: Session, town: Town, count: int) -> None:
    with pytest.raises(BadBatch):
        _together(session, town, *(factories.incoming() for _ in range(count)))
