"""Reading against the `ocrmypdf` command: speed and errors, same pages, same models, one run.

    python -m benchmarks.ocr_vs_ocrmypdf [FOLDER] [--only ours|ocrmypdf] [--save FILE.json]

FOLDER holds pages with their text beside them (NAME.jpg and NAME.gt.txt) and a manifest.json that
says each page's language, kind of damage and key fields; by default the pages of the tests.

ocrmypdf is no dependency of the project. Whoever wants the comparison installs it by hand, in an
environment of its own, with Debian's Tesseract:

    apt-get install tesseract-ocr
    uv venv /tmp/ocrvenv && uv pip install -p /tmp/ocrvenv ocrmypdf

and names the command in OCRMYPDF (/tmp/ocrvenv/bin/ocrmypdf) where it is not on the PATH. It gets
the pages of one language as one PDF, which is its fastest way, and its text is taken from its
sidecar file.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

import ocr
from benchmarks.ocr_measures import NOTHING, Errors, errors, fields_found
from ocr.child.wrapping import as_pdf
from ocr.pool import children

PAGES = Path(__file__).resolve().parent.parent / "tests" / "data" / "pages"
JOBS = 2
_OPTIONS = [
    "--rotate-pages",
    "--rotate-pages-threshold",
    "2",
    "--deskew",
    "--jobs",
    str(JOBS),
]


@dataclass(frozen=True)
class Sample:
    """One page with what is known about it."""

    path: Path
    language: str
    damage: str
    fields: tuple[str, ...]
    truth: str

    @property
    def languages(self) -> tuple[str, ...]:
        return ("ell", "eng") if self.language == "ell" else (self.language,)


@dataclass(frozen=True)
class Run:
    """What one program made of all the pages; `cpu` and `peak` are those of its children."""

    texts: dict[str, str]
    seconds: float
    cpu: float
    peak_megabytes: float


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


def read_ours(pages: list[Sample]) -> dict[str, str]:
    """As two workers do it: each takes the next file when it has finished one."""

    def read(sample: Sample) -> tuple[str, str]:
        found = ocr.read_pages(sample.path, languages=sample.languages)
        return sample.path.name, "\n".join(page.text for page in found)

    with ThreadPoolExecutor(JOBS) as workers:
        texts = dict(workers.map(read, pages))
    children.close()
    return texts


def read_by_ocrmypdf(pages: list[Sample]) -> dict[str, str]:
    texts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "TESSDATA_PREFIX": str(_tessdata(folder))}
        environment["OMP_THREAD_LIMIT"] = "1"
        for language in sorted({page.language for page in pages}):
            chosen = [page for page in pages if page.language == language]
            _one_pdf(chosen, folder / f"{language}.pdf")
            sidecar = folder / f"{language}.txt"
            command = [_ocrmypdf(), "-l", "+".join(chosen[0].languages), *_OPTIONS]
            command += ["--sidecar", str(sidecar), str(folder / f"{language}.pdf")]
            command += [str(folder / f"{language}.out.pdf")]
            subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
            parts = sidecar.read_text("utf-8").split("\f")
            texts.update({page.path.name: part for page, part in zip(chosen, parts, strict=False)})
    return texts


def measured(reader: Callable[[list[Sample]], dict[str, str]], pages: list[Sample]) -> Run:
    """Run in a process of its own, so that the use of its children is this reader's alone."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_measure, reader, pages).result()


def _measure(reader: Callable[[list[Sample]], dict[str, str]], pages: list[Sample]) -> Run:
    started = time.monotonic()
    texts = reader(pages)
    seconds = time.monotonic() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(texts, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _one_pdf(pages: Iterable[Sample], target: Path) -> None:
    with pikepdf.new() as whole, contextlib.ExitStack() as sources:
        for page in pages:
            data = page.path.read_bytes() if page.path.suffix == ".pdf" else as_pdf(page.path)
            source = sources.enter_context(pikepdf.open(io.BytesIO(data)))
            whole.pages.extend(source.pages)
        whole.save(target)


def _tessdata(folder: Path) -> Path:
    """Our models in one folder with the configuration files that the command wants beside them."""
    target = folder / "tessdata"
    target.mkdir()
    for model in ocr.tessdata_dir().glob("*.traineddata"):
        (target / model.name).symlink_to(model)
    for system in Path("/usr/share/tesseract-ocr").glob("*/tessdata"):
        for name in ("configs", "tessconfigs", "pdf.ttf"):
            if (system / name).exists() and not (target / name).exists():
                (target / name).symlink_to(system / name)
    return target


def _ocrmypdf() -> str:
    known = os.environ.get("OCRMYPDF") or shutil.which("ocrmypdf")
    if not known or not Path(known).is_file():
        sys.exit("ocrmypdf is not installed; see the docstring of this file")
    return known


def report(pages: list[Sample], runs: dict[str, Run]) -> str:
    """The table: a row for each language and damage, a column for each program."""
    names = list(runs)
    lines = ["| pages | n | " + " | ".join(f"{name} CER % / fields %" for name in names) + " |"]
    lines.append("|---" * (len(names) + 2) + "|")
    groups: list[tuple[str, list[Sample]]] = [("all", pages)]
    for attribute in ("language", "damage"):
        for value in sorted({getattr(page, attribute) for page in pages}):
            group = [page for page in pages if getattr(page, attribute) == value]
            groups.append((f"{attribute} {value}", group))
    judged = {name: _judged(pages, run) for name, run in runs.items()}
    for title, group in groups:
        cells = [_cell(group, judged[name]) for name in names]
        lines.append(f"| {title} | {len(group)} | " + " | ".join(cells) + " |")
    lines.append("")
    for name, run in runs.items():
        lines.append(
            f"{name}: {60 * len(pages) / run.seconds:.1f} pages a minute, {run.seconds:.1f} s, "
            f"{run.cpu / len(pages):.2f} CPU s a page, largest process {run.peak_megabytes:.0f} MB"
        )
    return "\n".join(lines)


def _judged(pages: list[Sample], run: Run) -> dict[str, tuple[Errors, int]]:
    result = {}
    for page in pages:
        text = run.texts.get(page.path.name, "")
        result[page.path.name] = (
            errors(page.truth, text),
            fields_found(page.fields, text),
        )
    return result


def _cell(group: list[Sample], judged: dict[str, tuple[Errors, int]]) -> str:
    total = sum((judged[page.path.name][0] for page in group), NOTHING)
    found = sum(judged[page.path.name][1] for page in group)
    fields = sum(len(page.fields) for page in group)
    return f"{total.letter_rate:.2f} / {100 * found / max(1, fields):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PAGES)
    parser.add_argument("--only", choices=("ours", "ocrmypdf"))
    parser.add_argument("--save", type=Path, help="keep the texts, for a closer look")
    options = parser.parse_args()
    pages = samples(options.folder)
    readers = {"ours": read_ours, "ocrmypdf": read_by_ocrmypdf}
    runs = {
        name: measured(reader, pages)
        for name, reader in readers.items()
        if options.only in (None, name)
    }
    if options.save:
        kept: dict[str, Any] = {name: run.texts for name, run in runs.items()}
        options.save.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    print(report(pages, runs))
    if len(runs) == 2:
        print(f"speed ours / ocrmypdf: {runs['ocrmypdf'].seconds / runs['ours'].seconds:.2f}")


if __name__ == "__main__":
    main()
