"""Unit and kind learned from past entries: tested, never applied, silent about the unknown."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import text

from docflow import kinds, registry, understanding
from docflow.kinds import Definition
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.understanding import LearnedState, Source, Target, learning, training, trainings
from docflow.understanding.training import Example
from tests import factories
from tests.docflow.understanding import letters
from tests.docflow.understanding.conftest import Read
from tests.factories import Town

STREETS = ("Ελευθερίας", "Κολοκοτρώνη", "Σμύρνης", "Καποδιστρίου", "Βενιζέλου")
ROADS = ("Επισκευή οδοστρώματος στην οδό {}", "Λακκούβες στην οδό {}", "Φωτισμός της οδού {}")
LAW = ("Αγωγή κατά του Δήμου, οδός {}", "Ένσταση κατά προστίμου, {}", "Γνωμοδότηση για σύμβαση {}")


def past(count: int = 40) -> list[Example]:
    return [
        Example(wording.format(STREETS[n % 5]) + f" αρ. {n}", value)
        for value, wordings in (("roads", ROADS), ("law", LAW))
        for n in range(count)
        for wording in (wordings[n % 3],)
    ]


def test_what_is_plain_is_learned() -> None:
    trained = training.train(past())
    assert trained is not None
    model, figures = trained
    assert figures.accuracy > 0.95
    assert figures.majority == 0.5
    assert figures.precision >= training.WANTED
    assert {one.value: one.examples for one in figures.classes} == {"roads": 40, "law": 40}
    guess = model.guess("ΛΑΚΚΟΥΒΑ στο οδοστρωμα, Σμυρνης 4")  # capitals, no accents, another case
    assert guess is not None
    assert guess.value == "roads"


def test_a_guess_is_the_one_that_scikit_learn_makes() -> None:
    """Guessing is done without the library: both must agree, on two classes and on three."""
    three = [*past(), *(Example(f"Πιστοποιητικό γέννησης {n}", "records") for n in range(40))]
    for examples in (past(), three):
        trained = training.train(examples)
        assert trained is not None
        model, _ = trained
        learner = training.make_pipeline(training._vectorizer(), training._classifier())
        learner.fit([one.text for one in examples], [one.value for one in examples])
        for said in ("Φωτισμός οδού Σμύρνης", "Ένσταση κατά πράξης", "Πιστοποιητικό οδού"):
            shares = learner.predict_proba([said])[0]
            guess = learning.Model(**{**vars(model), "threshold": 0.0}).guess(said)
            assert guess is not None
            assert guess.value == learner.classes_[int(shares.argmax())]
            assert guess.confidence == pytest.approx(min(0.99, shares.max()), abs=0.002)


def test_a_model_survives_the_store_and_is_only_data() -> None:
    trained = training.train(past())
    assert trained is not None
    model, _ = trained
    again = learning.unpacked(learning.packed(model))
    assert again.classes == model.classes
    assert again.guess("Λακκούβες") == model.guess("Λακκούβες")
    harmful = learning.io.BytesIO()
    np.savez(harmful, told=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        learning.unpacked(harmful.getvalue())


@pytest.mark.parametrize(
    "examples",
    [
        [],
        past(5),
        [one for one in past(80) if one.value == "law"],  # one sort only
        [Example(f"θέμα {n}", str(n)) for n in range(200)],  # each of its own sort
    ],
)
def test_too_little_gives_no_model(examples: list[Example]) -> None:
    assert training.train(examples) is None


def test_what_cannot_be_told_apart_is_never_proposed() -> None:
    examples = [Example("Αίτηση", "one" if n % 2 else "two") for n in range(100)]
    trained = training.train(examples)
    assert trained is not None
    model, figures = trained
    assert figures.threshold > 1
    assert model.guess("Αίτηση") is None


def test_a_guess_about_nothing_known_is_none() -> None:
    trained = training.train(past())
    assert trained is not None
    assert trained[0].guess("12345 ☃") is None
    assert trained[0].guess("") is None


def registered(office: Office, town: Town, count: int = 35) -> None:
    """Letters addressed to roads and to law."""
    with office.db.begin() as session:
        for n in range(count):
            for unit, wordings in (("ΟΔΟΠ", ROADS), ("ΝΟΜ", LAW)):
                subject = wordings[n % 3].format(STREETS[n % 5])
                factories.letter(
                    session, town, subject=f"{subject} {n}", addressee_unit_id=town.units[unit]
                )


def train(office: Office, town: Town, run_jobs: Callable[[str], int]) -> None:
    with office.db.begin() as session:
        trainings.ask(session, by=town.person(session, "administrator"))
    assert run_jobs(trainings.TASK) == 1


def test_the_unit_of_past_entries_is_proposed_for_a_new_one(
    office: Office, town: Town, read_letter: Read, run_jobs: Callable[[str], int]
) -> None:
    registered(office, town)
    train(office, town, run_jobs)
    read = letters.official(
        head="ΣΥΛΛΟΓΟΣ ΚΑΤΟΙΚΩΝ",
        to="",
        subject="ΘΕΜΑ: Λακκούβες στην οδό Σμύρνης",
        body="Υπάρχουν λακκούβες στο οδόστρωμα και χρειάζεται επισκευή ο φωτισμός της οδού.",
    )
    entry_id = read_letter(read)
    with office.db.read() as session:
        by = town.person(session, "clerk")
        entry = registry.get(session, entry_id, by=by)
    made = understanding.of_entry(office, entry, by=by).proposals.fields
    assert made["addressee_unit_id"].value == str(town.units["ΟΔΟΠ"])
    assert made["addressee_unit_id"].source is Source.LEARNED
    assert made["addressee_unit_id"].page is None
    assert "kind" not in made
    with office.db.read() as session:
        assert registry.get(session, entry_id, by=by).addressee_unit_id is None  # never silently
    with office.db.begin() as session:  # a unit that ended is proposed no more
        session.execute(
            text("UPDATE units SET valid_to = '2020-01-01' WHERE id = :id"),
            {"id": town.units["ΟΔΟΠ"]},
        )
    assert "addressee_unit_id" not in understanding.of_entry(office, entry, by=by).proposals.fields


def test_what_was_learned_and_what_was_not_is_shown_to_the_administrator(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    registered(office, town)
    train(office, town, run_jobs)
    with office.db.read() as session:
        unit, kind = trainings.trained(session, by=town.person(session, "administrator"))
        assert (unit.target, unit.state, unit.examples) == (Target.UNIT, LearnedState.READY, 70)
        assert unit.figures["accuracy"] > 0.9
        assert unit.names[str(town.units["ΝΟΜ"])] == "Νομική Υπηρεσία"
        assert (kind.target, kind.state, kind.examples) == (Target.KIND, LearnedState.TOO_LITTLE, 0)
        with pytest.raises(NotAllowed):
            trainings.trained(session, by=town.person(session, "registrar"))
    learning._kept.clear()
    for path in (office.settings.data / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    assert learning.models(office, town.body_id) == {}  # without its model, no guess and no fault


def test_only_an_administrator_trains_and_one_training_at_a_time(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        with pytest.raises(NotAllowed):
            trainings.ask(session, by=town.person(session, "clerk"))
        trainings.ask(session, by=town.person(session, "administrator"))
    with pytest.raises(understanding.TrainingAlready), office.db.begin() as session:
        trainings.ask(session, by=town.person(session, "administrator"))


def test_what_is_closed_annulled_or_not_described_teaches_nothing(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        to = {"addressee_unit_id": town.units["ΝΟΜ"]}
        open_one = factories.letter(session, town, subject="Ανοικτό", **to)
        struck = factories.letter(session, town, subject="Ακυρωμένο", **to)
        factories.annulled(session, town, struck.id)
        factories.secret_letter(session, town, subject="Εμπιστευτικό", **to)
        factories.letter(session, town, subject="Διαβαθμισμένο", grade="confidential", **to)
        factories.letter(
            session, town, subject="Ουρά", provisional=registry.ProvisionalMode.QUEUE, **to
        )
        found = trainings.examples(session, town.body_id, Target.UNIT)
    assert [said.strip() for said, _ in found] == [open_one.subject]


def test_the_unit_that_was_charged_counts_more_than_the_one_addressed(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, addressee_unit_id=town.units["ΝΟΜ"])
        factories.accepted(session, town, entry)
        [(_, value)] = trainings.examples(session, town.body_id, Target.UNIT)
    assert value == str(town.units["ΟΔΟΠ"])


def test_the_kind_is_learned_by_its_code(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        for code, title in (("endikofanes", "Ενδικοφανής προσφυγή"), ("odos", "Αίτημα οδοποιίας")):
            kinds.define(session, code, Definition(title), by=by)
        for n in range(35):
            factories.letter(session, town, subject=LAW[n % 3].format(n), kind="endikofanes")
            factories.letter(session, town, subject=ROADS[n % 3].format(n), kind="odos")
    train(office, town, run_jobs)
    models = learning.models(office, town.body_id)
    guess = models[Target.KIND].guess("Λακκούβες στην οδό Σμύρνης")
    assert guess is not None
    assert guess.value == "odos"
