"""What a person may not open is in no hit, count, facet, suggestion or saved search (row 92)."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from docflow import clock, documents, parties, registry, routing, search
from docflow.office import Office
from docflow.registry import Entry
from docflow.search import Filters, Sort, sight
from tests import factories
from tests.docflow.steps import watched
from tests.factories import Town

WORD = "κολοκύνθη"


def found(session: Session, by: registry.Entry, query: str, **how: object) -> set[int]:
    result = search.search(session, query, by=by, limit=200, **how)
    ids = {hit.line.id for hit in result.hits}
    assert result.total == len(ids)
    for facet in result.facets:
        assert sum(value.count for value in facet.values) <= result.total
    return ids


@pytest.fixture
def house(office: Office, town: Town) -> dict[str, int]:
    """One entry of each kind of openness, all with the same word."""
    made: dict[str, int] = {}
    with office.db.begin() as session:
        person: Callable[[str], object] = lambda who: town.person(session, who)  # noqa: E731
        sender = parties.Contact(name=f"Οίκος {WORD}")

        def letter(name: str, **how: object) -> Entry:
            entry = factories.letter(session, town, subject=f"{WORD} {name}", sender=sender, **how)
            made[name] = entry.id
            return entry

        letter("new")
        factories.accepted(session, town, letter("engineer"))
        for_law = letter("law")
        routing.charge(session, for_law.id, by=person("secretary"), to=town.target("ΝΟΜ"))
        graded = letter("graded", grade=registry.Grade.CONFIDENTIAL)
        registry.open_to_person(session, graded.id, town.users["engineer"])
        secret = factories.secret_letter(session, town, subject=f"{WORD} secret", sender=sender)
        made["secret"] = secret.id
        registry.open_to_person(session, secret.id, town.users["lawyer"])
        annulled = letter("annulled")
        factories.annulled(session, town, annulled.id)
        envelope = registry.register(
            session,
            registry.provisional.closed_envelope(
                factories.incoming(sender=sender, addressee_unit_id=town.units["ΝΟΜ"])
            ),
            (),
            by=person("clerk"),
            zone=factories.ZONE,
            ocr_languages=factories.LANGUAGES,
            guard_duplicates=False,
        )
        made["envelope"] = envelope.id
        other = factories.municipality(session, code="allos")
        made["other body"] = factories.letter(session, other, subject=WORD, sender=sender).id
    return made


def test_hits_are_what_the_person_may_see(
    office: Office, town: Town, house: dict[str, int]
) -> None:
    with office.db.read() as session:
        for who in factories.PEOPLE:
            by = town.person(session, who)
            query = registry.lines_query(by).with_only_columns(Entry.id)
            allowed = set(session.scalars(query.where(Entry.id.in_(house.values()))))
            hidden = set(house.values()) - allowed
            for form in (WORD, WORD[:6], f"{WORD} -ανύπαρκτο"):
                assert found(session, by, form) == allowed, (who, form)
            everything = found(session, by, "", filters=Filters(year=2026), sort=Sort.NEWEST)
            assert everything >= allowed, who
            assert everything.isdisjoint(hidden), who
            suggested = search.suggest(session, WORD[:5], by=by, zone=factories.ZONE)
            subjects = {one.text for one in suggested if one.text.startswith(WORD)}
            seen = {f"{WORD} {name}" for name, entry_id in house.items() if entry_id in allowed}
            assert subjects <= seen, who
            assert bool(suggested) == bool(allowed), who


def test_the_keys_only_narrow(office: Office, town: Town, house: dict[str, int]) -> None:
    """With every key taken away, or one of everybody's, the same is found."""
    people = [*factories.PEOPLE]

    def all_found() -> list[set[int]]:
        with office.db.read() as session:
            return [found(session, town.person(session, who), WORD) for who in people]

    before = all_found()
    with office.db.begin() as session:
        session.execute(text("UPDATE search_texts SET keys = keys || 0::bigint"))
    assert all_found() == before


def test_a_charge_makes_an_entry_findable_at_once(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, subject=WORD)
        lawyer = town.person(session, "lawyer")
        assert found(session, lawyer, WORD) == set()
        to = town.target("ΝΟΜ")
        routing.charge(session, entry.id, by=town.person(session, "secretary"), to=to)
        assert found(session, lawyer, WORD) == {entry.id}


def test_a_cited_entry_that_is_closed_makes_no_difference(
    session: Session, town: Town, house: dict[str, int]
) -> None:
    secret = session.get_one(Entry, house["secret"])
    code = registry.codes.shown(secret.verification_code)
    by = town.person(session, "clerk")
    for query in (f"empisteftiko {secret.number}/{secret.year}", code, f"x/verify/{code}#L"):
        nothing = search.search(session, query, by=by)
        assert (nothing.total, nothing.is_cited, nothing.facets) == (0, False, ())
    named = town.person(session, "confidant")
    assert search.search(session, code, by=named).is_one


def test_more_than_are_counted(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [factories.letter(session, town, subject=WORD).id for _ in range(5)]
    monkeypatch.setattr(sight, "MOST", 3)
    monkeypatch.setitem(sight.of_query.__kwdefaults__, "most", 3)
    for who in ("clerk", "secretary"):
        result = search.search(session, WORD, by=town.person(session, who))
        assert (result.total, result.is_more) == (3, True)
        assert {hit.line.id for hit in result.hits} == set(ids[2:])


def test_candidates_are_asked_for_until_enough_are_in_sight(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest matches are all closed to the person; older ones are found behind them."""
    old = factories.letter(session, town, subject=WORD)
    for _ in range(6):
        factories.letter(session, town, subject=WORD, grade=registry.Grade.CONFIDENTIAL)
    monkeypatch.setitem(sight.of_query.__kwdefaults__, "most", 1)
    assert found(session, town.person(session, "auditor"), WORD) == {old.id}


def test_filters_narrow_hits_and_counts(office: Office, town: Town, house: dict[str, int]) -> None:
    with office.db.read() as session:
        by = town.person(session, "clerk")

        def ids(**said: object) -> set[int]:
            return found(session, by, WORD, filters=search.of_json(said))

        assert ids(state="annulled") == {house["annulled"]}
        assert ids(state="accepted") == {house["engineer"]}
        assert ids(unit_id=town.units["ΝΟΜ"]) == {house["law"], house["envelope"]}
        assert ids(user_id=town.users["engineer"]) == {house["engineer"]}
        assert ids(direction="outgoing") == set()
        assert ids(has_files="true") == set()
        assert ids(language="el") >= {house["new"]}
        assert ids(book="empisteftiko") == set()
        assert ids(first_day="2001-01-01", last_day="2001-12-31") == set()
        result = search.search(session, WORD, by=by)
        counts = {one.name: {v.value: v.count for v in one.values} for one in result.facets}
        assert counts["state"]["annulled"] == 1
        assert counts["unit_id"][str(town.units["ΝΟΜ"])] == 2
        assert "book" not in counts, "a single value narrows nothing"
        with pytest.raises(search.BadFilter, match="no value"):
            search.of_json({"state": "somewhere"})


def test_filters_alone_find_the_same_in_spans_and_read_no_further_than_needed(
    session: Session, town: Town, house: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest spans of ids first; what is rare is found in the oldest, once and in order."""
    wanted = {
        "all": search.of_json({"year": str(clock.today().year)}),
        "rare": search.of_json({"user_id": str(town.users["engineer"])}),
        "channel": search.of_json({"channel": "post"}),
        "no files": search.of_json({"has_files": "false"}),
    }

    def listed(who: str, filters: Filters) -> tuple[list[int], bool]:
        by = town.person(session, who)
        seen = sight.of_filters(session, filters, by=by, zone=factories.ZONE)
        return [row.id for row in seen.rows], seen.is_more

    everybody = [(who, name) for who in factories.PEOPLE for name in wanted]
    whole = {(who, name): listed(who, wanted[name]) for who, name in everybody}
    assert whole["clerk", "rare"] == ([house["engineer"]], False)
    assert len(whole["clerk", "all"][0]) > 3
    monkeypatch.setattr(sight, "_FIRST_SPAN", 1)
    monkeypatch.setattr(sight, "_WIDER", 2)
    for who, name in everybody:
        ids, _ = listed(who, wanted[name])
        assert ids == sorted(ids, reverse=True) == whole[who, name][0], (who, name)
    monkeypatch.setattr(sight, "MOST", 1)
    newest = [(ids[:1], len(ids) > 1) for ids, _ in whole.values()]
    assert [listed(who, wanted[name]) for who, name in everybody] == newest
    with watched(session) as statements:
        listed("clerk", wanted["all"])
    spans = [one for one in statements if "WITH span AS MATERIALIZED" in one]
    last = session.scalar(select(func.max(Entry.id)))
    assert 1 <= len(spans) < last.bit_length(), "the oldest were read too"


def test_a_passage_names_its_page_and_a_subject_its_words(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(
            session, town, factories.uploaded(office, b"x"), subject="Σχετικά με την Ύδρευση"
        )
        [file] = documents.files(session, entry.id)
        for page, said in enumerate(("Πρώτη σελίδα.", "Η ὕδρευσις του οικισμού Άνω Χωριό."), 1):
            session.add(
                documents.PageText(
                    file_id=file.id, page=page, source="ocr", text=said, rotation=0, skew=0,
                    width=1, height=1, words=[],
                )
            )  # fmt: skip
        session.flush()
        registry.indexing.index_again(session, file.id)
        by = town.person(session, "clerk")
        [hit] = search.search(session, "ύδρευση οικισμός", by=by).hits
    assert hit.subject == "Σχετικά με την ⟦Ύδρευση⟧"
    assert hit.passage == "Η ⟦ὕδρευσις⟧ του ⟦οικισμού⟧ Άνω Χωριό."
    assert (hit.file, hit.page) == (1, 2)
