"""Questions, knowledge base and life situations: written by the office, safe on any page."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import services
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.services import About, ArticleChanged, ArticleKind, ArticleWords, BadWording, articles
from tests import offers
from tests.factories import Town

WORDS = ArticleWords(
    {"el": "Πότε ανοίγετε;", "en": "When do you open?"},
    {"el": "Στις **8**.", "en": "At **8**."},
)


def _write(session: Session, town: Town, who: str, **options: Any) -> int:
    kind = options.pop("kind", ArticleKind.QUESTION)
    words = options.pop("words", WORDS)
    article_id = options.pop("article_id", None)
    by = town.person(session, who)
    return articles.write(session, article_id, kind, words, by=by, **options)


def test_an_answer_has_versions_with_who_and_when(
    office: Office, town: Town, session: Session
) -> None:
    offers.offered(office, town)
    about = About(service="kiosk-permit")
    article_id = _write(session, town, "director", about=about)
    later = ArticleWords(WORDS.titles, {**WORDS.texts, "hu": "8-kor."})
    _write(session, town, "administrator", article_id=article_id, words=later, seen=1)
    [found] = articles.articles(session, town.body_id, ArticleKind.QUESTION, about=about)
    assert (found.version, found.who) == (2, "Σοφία Λάμπρου")
    assert found.html("hu") == "<p>8-kor.</p>\n"
    assert found.html("cs") == found.html("el") == "<p>Στις <strong>8</strong>.</p>\n"
    history = articles.history(session, article_id, by=town.person(session, "director"))
    assert [(one.version, one.who) for one in history] == [
        (2, "Σοφία Λάμπρου"),
        (1, "Γιώργος Αλεξίου"),
    ]


def test_nobody_writes_over_another(town: Town, session: Session) -> None:
    article_id = _write(session, town, "administrator")
    other = ArticleWords({"el": "α", "en": "a"}, {"el": "β", "en": "b"})
    _write(session, town, "registrar", article_id=article_id, words=other, seen=1)
    with pytest.raises(ArticleChanged, match="Ορέστης Καλλέργης wrote here on"):
        _write(session, town, "administrator", article_id=article_id, seen=1)


@pytest.mark.parametrize(
    ("who", "unit"), [("engineer", "ΟΔΟΠ"), ("director", "ΝΟΜ"), ("director", None)]
)
def test_who_does_not_head_the_unit_does_not_write(
    town: Town, session: Session, who: str, unit: str | None
) -> None:
    about = About(unit_id=town.units[unit] if unit else None)
    with pytest.raises(NotAllowed):
        _write(session, town, who, about=about)


@pytest.mark.parametrize(
    ("titles", "texts", "field"),
    [
        ({"el": "Α"}, {"el": "α", "en": "a"}, "title_en"),
        ({"el": "Α", "en": "A"}, {"en": "a"}, "text_el"),
        ({"el": "Α" * 201, "en": "A"}, {"el": "α", "en": "a"}, "title_el"),
        ({"el": "Α", "en": "A"}, {"el": "α", "en": "a", "cs": "c" * 20_001}, "text_cs"),
    ],
)
def test_what_is_missing_or_too_long_is_named(
    town: Town, session: Session, titles: dict[str, str], texts: dict[str, str], field: str
) -> None:
    with pytest.raises(BadWording) as caught:
        _write(session, town, "administrator", words=ArticleWords(titles, texts))
    assert caught.value.field == field


def test_a_withdrawn_article_is_shown_no_more(town: Town, session: Session) -> None:
    article_id = _write(session, town, "administrator")
    by = town.person(session, "administrator")
    articles.withdraw(session, article_id, seen=1, by=by)
    assert articles.articles(session, town.body_id, ArticleKind.QUESTION) == []
    _write(session, town, "administrator", article_id=article_id, seen=1)
    assert len(articles.articles(session, town.body_id, ArticleKind.QUESTION)) == 1


def test_it_is_found_by_its_words(town: Town, session: Session) -> None:
    _write(session, town, "administrator")
    other = ArticleWords({"el": "Πού πληρώνω;", "en": "Where?"}, {"el": "Στο ταμείο", "en": "Desk"})
    _write(session, town, "administrator", words=other)
    found = articles.articles(session, town.body_id, ArticleKind.QUESTION, text="ταμεία")
    assert [one.title("el") for one in found] == ["Πού πληρώνω;"]


def test_a_life_situation_has_one_article(town: Town, session: Session) -> None:
    _write(session, town, "administrator", kind=ArticleKind.LIFE, code="moving")
    with pytest.raises(services.ArticleExists):
        _write(session, town, "administrator", kind=ArticleKind.LIFE, code="moving")
    with pytest.raises(BadWording):
        _write(session, town, "administrator", kind=ArticleKind.LIFE, code="μετακόμιση")
    assert articles.life_article(session, town.body_id, "moving") is not None


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("![](https://spy.example/p.gif)", "<p></p>"),
        ("[x](data:text/html,1)", "<p>[x](data:text/html,1)</p>"),
        ("# Τίτλος", "<h3>Τίτλος</h3>"),
        ('<a onclick="x">', "<p>&lt;a onclick=\"x\"&gt;</p>"),
    ],
)  # fmt: skip
def test_what_the_office_writes_can_do_nothing(markdown: str, html: str) -> None:
    assert services.html(markdown).strip() == html


def test_a_link_and_a_table_stay() -> None:
    made = services.html("[νόμος](https://www.et.gr)\n\n|α|β|\n|-|-|\n|1|2|")
    assert '<a href="https://www.et.gr" rel="noopener noreferrer">νόμος</a>' in made
    assert "<td>1</td>" in made
