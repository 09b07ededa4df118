"""Reading against the `ocrmypdf` and `tesseract` commands: speed and errors, same pages, same
models, one run.

    python -m benchmarks.ocr_vs_ocrmypdf [FOLDER…] [--only NAME…] [--save FILE.json] [--seed N]

A FOLDER holds pages with their text beside them (NAME.jpg and NAME.gt.txt) and a manifest.json
that says each page's language, kind of damage and key fields. Without one, pages are made
(`ocr_pages`, one for each damage) and those of the tests are read as well.

The two commands are no dependencies of the project. Whoever wants the comparison installs them by
hand, ocrmypdf in an environment of its own:

    apt-get install tesseract-ocr
    uv venv /tmp/ocrvenv && uv pip install -p /tmp/ocrvenv ocrmypdf

and names the command in OCRMYPDF (/tmp/ocrvenv/bin/ocrmypdf) where it is not on the PATH.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ocr_pages, ocr_readers
from benchmarks.ocr_damage import DAMAGES
from benchmarks.ocr_measures import NOTHING, Errors, errors, fields_found
from benchmarks.ocr_readers import Sample

PAGES = Path(__file__).resolve().parent.parent / "tests" / "data" / "pages"

Reader = Callable[[list[Sample]], dict[str, str]]
READERS: dict[str, Reader] = {
    "ours": ocr_readers.ours,
    "ocrmypdf": ocr_readers.ocrmypdf,
    "tesseract": ocr_readers.tesseract,
}


@dataclass(frozen=True)
class Run:
    """What one program made of some pages; `cpu` and `peak` are those of its children."""

    texts: dict[str, str]
    seconds: float
    cpu: float
    peak_megabytes: float

    def __add__(self, other: "Run") -> "Run":
        return Run(
            self.texts | other.texts,
            self.seconds + other.seconds,
            self.cpu + other.cpu,
            max(self.peak_megabytes, other.peak_megabytes),
        )


def samples(folder: Path) -> list[Sample]:
    entries = json.loads((folder / "manifest.json").read_text("utf-8"))
    return [
        Sample(
            folder / entry["file"],
            entry["lang"],
            entry["profile"],
            tuple(entry["fields"].values()),
            (folder / f"{entry['name']}.gt.txt").read_text("utf-8"),
        )
        for entry in entries
    ]


def measured(reader: Reader, pages: list[Sample]) -> Run:
    """Run in a process of its own, so that the use of its children is this reader's alone."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_measure, reader, pages).result()


def _measure(reader: Reader, pages: list[Sample]) -> Run:
    started = time.monotonic()
    texts = reader(pages)
    seconds = time.monotonic() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(texts, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def by_language(pages: Iterable[Sample]) -> dict[str, list[Sample]]:
    grouped: dict[str, list[Sample]] = {}
    for page in pages:
        grouped.setdefault(page.language, []).append(page)
    return dict(sorted(grouped.items()))


def speeds(pages: list[Sample], runs: dict[str, dict[str, Run]]) -> str:
    """Pages a minute and CPU seconds a page; a row for each language, a column for each program."""
    lines = _head("pages a minute / CPU s a page", list(runs))
    counts = {language: len(group) for language, group in by_language(pages).items()}
    for language in [*counts, "all"]:
        cells = []
        for parts in runs.values():
            run = _sum(parts) if language == "all" else parts[language]
            count = len(pages) if language == "all" else counts[language]
            cells.append(f"{60 * count / run.seconds:.1f} / {run.cpu / count:.2f}")
        count = len(pages) if language == "all" else counts[language]
        lines.append(f"| {language} | {count} | " + " | ".join(cells) + " |")
    peaks = [f"{_sum(parts).peak_megabytes:.0f}" for parts in runs.values()]
    lines.append("| largest process, MB | | " + " | ".join(peaks) + " |")
    return "\n".join(lines)


def faults(pages: list[Sample], runs: dict[str, dict[str, Run]]) -> str:
    """Errors and key fields; a row for each language and each damage."""
    lines = _head("character / word error %, fields %", list(runs))
    groups: list[tuple[str, list[Sample]]] = [("all", pages)]
    groups += list(by_language(pages).items())
    for damage in sorted({page.damage for page in pages}):
        groups.append((damage, [page for page in pages if page.damage == damage]))
    judged = {name: _judged(pages, _sum(parts)) for name, parts in runs.items()}
    for title, group in groups:
        cells = [_cell(group, judged[name]) for name in runs]
        lines.append(f"| {title} | {len(group)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _head(title: str, names: list[str]) -> list[str]:
    return [f"| {title} | n | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]


def _sum(parts: dict[str, Run]) -> Run:
    return sum(parts.values(), Run({}, 0.0, 0.0, 0.0))


def _judged(pages: list[Sample], run: Run) -> dict[str, tuple[Errors, int]]:
    result = {}
    for page in pages:
        text = run.texts.get(page.path.name, "")
        result[page.path.name] = (errors(page.truth, text), fields_found(page.fields, text))
    return result


def _cell(group: list[Sample], judged: dict[str, tuple[Errors, int]]) -> str:
    total = sum((judged[page.path.name][0] for page in group), NOTHING)
    found = sum(judged[page.path.name][1] for page in group)
    fields = sum(len(page.fields) for page in group)
    share = f"{100 * found / fields:.0f}" if fields else "-"
    return f"{total.letter_rate:.2f} / {total.word_rate:.1f}, {share}"


def compare(pages: list[Sample], names: Iterable[str]) -> dict[str, dict[str, Run]]:
    """Language by language, the programs in turn: what else the machine does meets all alike."""
    runs: dict[str, dict[str, Run]] = {name: {} for name in names}
    for language, group in by_language(pages).items():
        for name, parts in runs.items():
            parts[language] = measured(READERS[name], group)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(READERS), default=list(READERS))
    parser.add_argument("--save", type=Path, help="keep the texts, for a closer look")
    parser.add_argument("--seed", type=int, default=1, help="of the pages that are made")
    options = parser.parse_args()
    if "ocrmypdf" in options.only:
        ocr_readers.ocrmypdf_command()
    with tempfile.TemporaryDirectory() as made:
        folders = options.folders
        if not folders:
            ocr_pages.make(Path(made), seed=options.seed, rounds=1, damages=DAMAGES)
            folders = [Path(made), PAGES]
        pages = [page for folder in folders for page in samples(folder)]
        runs = compare(pages, options.only)
    if options.save:
        kept = {name: _sum(parts).texts for name, parts in runs.items()}
        options.save.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    print(speeds(pages, runs), faults(pages, runs), sep="\n\n")
    if {"ours", "ocrmypdf"} <= set(runs):
        ratio = _sum(runs["ocrmypdf"]).seconds / _sum(runs["ours"]).seconds
        print(f"\nspeed ours / ocrmypdf: {ratio:.2f}")


if __name__ == "__main__":
    main()
