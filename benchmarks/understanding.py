"""What proposals are worth: precision and recall per field, on pages whose text is known.

    python benchmarks/understanding.py [FOLDER …] [--data DIR]

FOLDER has pages, their texts (NAME.gt.txt) and manifest.json, as benchmarks.ocr_pages makes them;
tests/data/pages without one. Each is read by OCR first, so that its misreadings count too. With
--data, the letters of a running stack (the demo's) are compared with what was registered of them.

A field is right where it says the same but for case, accents, blanks and signs; "near" also counts
a text in which one letter in twenty is wrong. What is not named on a page, or fails its check digit
(of invented numbers most do), must not be proposed.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import ocr  # noqa: E402
from benchmarks.ocr_texts import LETTERS  # noqa: E402
from docflow import documents, organization, parties, registry, tables, understanding  # noqa: E402
from docflow.folding import fold, words  # noqa: E402
from docflow.understanding.dates import first_date  # noqa: E402
from docflow.understanding.numbers import is_iban  # noqa: E402

__all__ = ["tables"]  # every table is known
SENDERS = (  # of the letters of the pages, as a clerk would write them
    "ΔΗΜΟΣ ΜΙΝΩΑ ΠΕΔΙΑΔΑΣ",
    "ΔΗΜΟΣ ΡΗΓΑ ΦΕΡΑΙΟΥ",
    "ΔΗΜΟΣ ΕΡΥΜΑΝΘΟΥ",
    "ΔΗΜΟΣ ΟΙΝΟΥΣΣΩΝ",
    "ΔΗΜΟΣ ΑΛΜΩΠΙΑΣ",
    "ΥΠΟΥΡΓΕΙΟ ΕΣΩΤΕΡΙΚΩΝ",
    "ΔΗΜΟΣ ΠΑΡΑΛΙΑΣ",
    "MUNICIPALITY OF NAFPLIO",
    "EUROPEAN TERRITORIAL COOPERATION MANAGING AUTHORITY",
    "WESTBROOK DISTRICT COUNCIL",
    "GYÖNGYÖS VÁROS ÖNKORMÁNYZATA",
    "KÖVESD VÁROS ÖNKORMÁNYZATA",
    "BALATONFÜRED VÁROS Közös Önkormányzati Hivatal",
    "MĚSTSKÝ ÚŘAD ŽĎÁR NAD SÁZAVOU",
    "STATUTÁRNÍ MĚSTO OLOMOUC",
    "MĚSTSKÝ ÚŘAD PODHRADÍ",
)
_SUBJECT = re.compile(r"^(?:ΘΕΜΑ|Θέμα|Subject|Re|Tárgy|Věc):\s*(.+)", re.MULTILINE)
_TITLE = re.compile(r"^(ΠΙΣΤΟΠΟΙΗΤΙΚΟ .+)$|Περίληψη: (.+)", re.MULTILINE)
_NEAR = 0.95
_BY_DAY = re.compile(  # days by which something is asked of whom the letter goes to
    r"(?:προσφορά τους έως και την|προσωπικού, έως την|no later than) (\d{2}/\d{2}/\d{4})"
)
_WITHIN = {"legkésőbb nyolc napon belül": 8, "do patnácti dnů od doručení": 15}


@dataclass
class Tally:
    """Of one field: how often it stood there, was proposed, was right."""

    named: int = 0
    proposed: int = 0
    right: int = 0
    near: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, name: str, truth: str, said: str) -> None:
        self.named += bool(truth)
        if not said:
            return
        self.proposed += 1
        if same(truth, said):
            self.right += 1
            self.near += 1
        elif truth and SequenceMatcher(None, fold(truth), fold(said)).ratio() >= _NEAR:
            self.near += 1
        else:
            self.wrong.append((name, truth, said))


def same(truth: str, said: str) -> bool:
    days = first_date(fold(truth)), first_date(fold(said))
    if all(days) and len(truth) < 14:
        return days[0] is not None and days[1] is not None and days[0][0] == days[1][0]
    return bool(truth) and words(truth) == words(said)


def truth_of(page: Mapping[str, Any], text: str) -> dict[str, str]:
    """What a clerk would write of the page, from its text and the fields of its manifest."""
    known = page["fields"]
    one_line = " ".join(text.split())
    subject = _SUBJECT.search(text) or _TITLE.search(text)
    said = next(filter(None, subject.groups()), "") if subject else ""
    whole = next((one.subject for one in LETTERS.values() if said and said[:30] in one.subject), "")
    if whole:
        said = whole.partition(":")[2].strip()
    elif subject and "\n\n" in text:  # the text keeps paragraphs: the subject may go on
        rest = text[subject.end() :].split("\n\n")[0]
        said = " ".join(f"{said} {rest}".split())
    iban = re.sub(r"\s", "", known.get("iban", ""))
    in_head = f"ΑΦΜ: {known.get('afm')}" in one_line
    dated = first_date(fold(known.get("date", "")))
    due = _BY_DAY.search(one_line)
    within = [days for words_of, days in _WITHIN.items() if words_of in one_line]
    asked = dated[0] + timedelta(within[0]) if dated and within else None
    return {
        "due_on": due[1] if due else f"{asked:%d/%m/%Y}" if asked else "",
        "sender": next((one for one in SENDERS if one in one_line), ""),
        "sender_reference": known.get("prot", ""),
        "sender_dated_on": known.get("date", ""),
        "subject": said,
        "ada": known.get("ada", ""),
        "iban": iban if is_iban(iban) else "",
        "tax_number": known["afm"] if in_head and parties.is_tax_number(known["afm"]) else "",
    }


def of_folder(folder: Path) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Each page's name, what stands on it, and what was proposed."""
    for page in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        path = folder / page["file"]
        text = (folder / f"{page['name']}.gt.txt").read_text(encoding="utf-8")
        languages = ("ell", "eng") if page["lang"] == "ell" else (page["lang"],)
        read = tuple(ocr.read_pages(path, languages=languages, pages=[1]))
        day = first_date(fold(page["fields"].get("date", "")))
        made = understanding.of_pages(read, today=day[0] if day else date(2026, 11, 22))
        said = {name: one.value for name, one in made.fields.items()}
        said |= {one.field: one.value for one in made.numbers}
        yield page["name"], truth_of(page, text), said


def of_stack(data: Path) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """The incoming letters of a stack with a file: what was registered, and what is proposed."""
    from sqlalchemy import select

    from docflow.embedded.state import settings_for
    from docflow.office import open_office
    from docflow.principal import Via

    office = open_office(settings_for(data))
    with office.db.read() as session:
        by = organization.principal_named(session, "nikolaou", via=Via.CLI)
        entries = session.scalars(
            select(registry.Entry)
            .join(documents.File, documents.File.entry_id == registry.Entry.id)
            .where(registry.visible_to(by), registry.Entry.direction == "incoming")
            .distinct()
        ).all()
        current = {entry.id: registry.current(session, entry) for entry in entries}
        charged = {
            entry.id: session.scalar(
                select(understanding.trainings._unit_of()).where(registry.Entry.id == entry.id)
            )
            for entry in entries
        }
    for entry in entries:
        now = current[entry.id]
        made = understanding.of_entry(office, entry, by=by).proposals
        said = {name: one.value for name, one in made.fields.items()}
        if not said:
            continue  # nothing was read of its file
        truth = {
            "sender": now.sender_name,
            "sender_reference": now.sender_reference,
            "sender_dated_on": f"{now.sender_dated_on:%d/%m/%Y}" if now.sender_dated_on else "",
            "subject": now.subject,
            "addressee_unit_id": str(charged[entry.id] or ""),
        }
        yield entry.label, truth, {name: said.get(name, "") for name in truth}


def report(title: str, pages: Iterator[tuple[str, dict[str, str], dict[str, str]]]) -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    count = 0
    for name, truth, said in pages:
        count += 1
        for what, value in truth.items():
            tallies[what].add(name, value, said.get(what, ""))
    print(f"\n{title}: {count} documents")
    print(f"{'field':18} {'named':>5} {'proposed':>8} {'right':>5} {'near':>5}  precision  recall")
    for what, tally in tallies.items():
        precision = f"{tally.right / tally.proposed:9.0%}" if tally.proposed else "        -"
        recall = f"{tally.right / tally.named:6.0%}" if tally.named else "     -"
        print(
            f"{what:18} {tally.named:5} {tally.proposed:8} {tally.right:5} {tally.near:5}  "
            f"{precision}  {recall}"
        )
    for what, tally in tallies.items():
        for name, value, proposed in tally.wrong:
            print(f"  wrong {what} of {name}: {proposed!r} for {value!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    folders = asked.folders or ([] if asked.data else [ROOT / "tests/data/pages"])
    for folder in folders:
        report(str(folder), of_folder(folder))
    if asked.data:
        report(f"letters of {asked.data}", of_stack(asked.data))


if __name__ == "__main__":
    main()
