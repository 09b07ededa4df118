"""`docflow understand`, `docflow learn`: what a document proposes; training from past entries."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import ocr
from docflow import tables, understanding
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say
from docflow.documents import PROBLEMS
from docflow.i18n import t
from docflow.understanding import trainings

__all__ = ["learn", "learned", "tables", "understand_file"]  # `tables` registers the jobs
_PAGES = 3


def understand_file(data: Path | None, *, source: Path, languages: list[str], as_json: bool) -> int:
    """Read the first pages of a file and print what its text alone proposes."""
    try:
        count = min(_PAGES, ocr.page_count(source))
        pages = tuple(ocr.read_pages(source, languages=languages, pages=range(1, count + 1)))
    except ocr.Unreadable as error:
        problem = PROBLEMS.get(error.code) or t("The file cannot be read: {why}", why=str(error))
        raise CannotDo(problem) from error
    except ValueError as error:  # a language that is not installed
        raise CannotDo(t("These languages cannot be read: {why}", why=str(error))) from error
    made = understanding.of_pages(pages)
    if as_json:
        fields = {name: asdict(one) for name, one in made.fields.items()}
        print_json({"fields": fields, "numbers": [asdict(one) for one in made.numbers]})
        return 0
    for one in [*made.fields.values(), *made.numbers]:
        say(f"{one.field:20} {one.confidence:4.0%}  {one.shown}")
    return 0


def learn(data: Path | None, *, acting_as: str | None) -> int:
    """Have the models trained now. Raises NotAllowed, TrainingAlready."""
    with finding.office(data) as office, office.db.begin() as session:
        trainings.ask(session, by=finding.acting(session, acting_as))
    say(t("The training has begun. It takes a minute or two."))
    return 0


def learned(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the trainings that hold. Raises NotAllowed."""
    with finding.office(data) as office, office.db.read() as session:
        found = trainings.trained(session, by=finding.acting(session, acting_as))
    if as_json:
        print_json([_told(one) for one in found])
        return 0
    for one in found:
        accuracy = one.figures.get("accuracy")
        right = f"{accuracy:.1%}" if accuracy is not None else "-"
        say(f"{one.target:6} {one.state:12} {one.examples:>6}  {right}")
    return 0


def _told(one: trainings.Trained) -> dict[str, Any]:
    return {
        "target": one.target,
        "state": one.state,
        "examples": one.examples,
        "trained_at": one.trained_at.isoformat(),
        "figures": one.figures,
    }
