"""The words of messages: whose they are, what they must hold, versions, and two editors at once."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from docflow import dispatch, messages
from docflow.i18n import catalogue
from docflow.messages import Wording, kinds, templates
from docflow.principal import NotAllowed
from tests.factories import Town

CODE = dispatch.READY.code
GOOD = Wording("{body}: έγγραφο", "Αριθμός {number}: {link} με {code} έως {day}", "{link} {code}")


def test_the_office_changes_the_words_and_the_last_ones_hold(session: Session, town: Town) -> None:
    by = town.person(session, "registrar")
    kind = kinds.kind(CODE)
    assert templates.current(session, town.body_id, kind, "el")[1] == 0
    assert templates.define(session, CODE, "el", GOOD, seen=0, by=by) == 1
    assert templates.define(session, CODE, "el", GOOD, seen=1, by=by) == 1  # nothing new
    other = replace(GOOD, subject="Νέο θέμα")
    assert templates.define(session, CODE, "el", other, seen=1, by=by) == 2
    assert templates.current(session, town.body_id, kind, "el") == (other, 2)
    assert templates.current(session, town.body_id, kind, "en")[1] == 0
    known = templates.versions(session, kind, "el", by=by)
    assert [(one.number, one.set_by) for one in known] == [
        (2, by.full_name),
        (1, by.full_name),
        (0, ""),
    ]


def test_two_who_change_them_at_once(session: Session, town: Town) -> None:
    by = town.person(session, "registrar")
    templates.define(session, CODE, "el", GOOD, seen=0, by=by)
    second, other = town.person(session, "administrator"), replace(GOOD, subject="Άλλο")
    with pytest.raises(templates.WordsChanged, match=by.full_name):
        templates.define(session, CODE, "el", other, seen=0, by=second)


@pytest.mark.parametrize("who", ["clerk", "engineer", "auditor", "mayor"])
def test_others_change_nothing(session: Session, town: Town, who: str) -> None:
    with pytest.raises(NotAllowed):
        templates.define(session, CODE, "el", GOOD, seen=0, by=town.person(session, who))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "{link} {code} {ποσό}"}, "text"),
        ({"text": "{link} {code.__class__}"}, "text"),
        ({"text": "{link} {code!r}"}, "text"),
        ({"text": "{link} {code:>10}"}, "text"),
        ({"text": "{link} {code} {"}, "text"),
        ({"text": "{link} {0} {code}"}, "text"),
        ({"text": "μόνο {link}"}, "text"),  # without the code it is of no use
        ({"sms": "χωρίς κωδικό {link}"}, "sms"),
        ({"subject": "Κωδικός {code}"}, "subject"),  # the subject is read on the way
        ({"subject": ""}, "subject"),
        ({"text": "  "}, "text"),
        ({"sms": "{link} {code}" + "α" * 480}, "sms"),
        ({"subject": "α" * 201}, "subject"),
    ],
)
def test_words_that_cannot_be_used(
    session: Session, town: Town, change: dict[str, str], field: str
) -> None:
    by = town.person(session, "registrar")
    with pytest.raises(templates.BadWords) as caught:
        templates.define(session, CODE, "el", replace(GOOD, **change), seen=0, by=by)
    assert caught.value.field == field


def test_a_code_that_stands_in_the_link_too_may_be_left_out() -> None:
    kind = kinds.kind("application-filed")
    templates.checked(kind, "el", Wording("{number}", "{number}: {portal}/status/{key}", ""))
    with pytest.raises(templates.BadWords):
        templates.checked(kind, "el", Wording("{number}", "{number}: {code}", ""))


def test_words_that_are_set_elsewhere_are_not_set_here(session: Session, town: Town) -> None:
    by = town.person(session, "registrar")
    words = Wording("Θέμα", "{text}", "")
    with pytest.raises(templates.BadWords):
        templates.define(session, "deadline-notice", "el", words, seen=0, by=by)
    assert "deadline-notice" not in [kind.code for kind, _ in templates.overview(session, by=by)]


def test_a_preview_has_the_examples(session: Session, town: Town) -> None:
    by = town.person(session, "registrar")
    shown = templates.preview(
        session, kinds.kind(CODE), GOOD, by=by, portal="https://protocol.paradeigma.example"
    )
    assert shown.subject == "Δήμος Παραδείγματος: έγγραφο"
    assert "12345678" in shown.text
    assert shown.sms_parts == 1


@pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda kind: kind.code)
def test_the_words_as_supplied_can_be_used(kind: messages.Kind) -> None:
    """Each kind of each package, in each language: what the office opens it can save."""
    for language in messages.LANGUAGES:
        words = kinds.default_words(kind, language)
        if kind.is_editable:
            assert templates.checked(kind, language, words) == words
        assert words.sms == "" or len(words.sms) < templates.MAX_SMS
    title = kind.title if isinstance(kind.title, str) else kind.title.msgid
    assert title in catalogue("el")
