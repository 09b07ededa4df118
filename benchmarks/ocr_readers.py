"""The programs that are compared: each reads all pages, two at a time, with the same models.

`ocrmypdf` and `tesseract` are commands that the project does not need; see `ocr_vs_ocrmypdf`.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image

import ocr
from ocr.child.wrapping import as_pdf
from ocr.pool import children

JOBS = 2
_OPTIONS = ["--rotate-pages", "--rotate-pages-threshold", "2", "--deskew", "--jobs", str(JOBS)]


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


def ours(pages: list[Sample]) -> dict[str, str]:
    """As two workers do it: each takes the next file when it has finished one."""

    def read(sample: Sample) -> tuple[str, str]:
        found = ocr.read_pages(sample.path, languages=sample.languages)
        return sample.path.name, "\n".join(page.text for page in found)

    with ThreadPoolExecutor(JOBS) as workers:
        texts = dict(workers.map(read, pages))
    children.close()
    return texts


def ocrmypdf(pages: list[Sample]) -> dict[str, str]:
    """The pages of one language as one PDF, which is its fastest way; the text of its sidecar."""
    texts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for language in sorted({page.language for page in pages}):
            chosen = [page for page in pages if page.language == language]
            _one_pdf(chosen, folder / f"{language}.pdf")
            sidecar = folder / f"{language}.txt"
            command = [ocrmypdf_command(), "-l", "+".join(chosen[0].languages), *_OPTIONS]
            command += ["--sidecar", str(sidecar), str(folder / f"{language}.pdf")]
            command += [str(folder / f"{language}.out.pdf")]
            subprocess.run(command, env=_environment(folder), check=True, stderr=subprocess.DEVNULL)
            parts = sidecar.read_text("utf-8").split("\f")
            texts.update({page.path.name: part for page, part in zip(chosen, parts, strict=False)})
    return texts


def tesseract(pages: list[Sample]) -> dict[str, str]:
    """The bare command, one process a page; pages of a PDF are drawn at 300 dpi for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = _environment(folder)

        def read(page: Sample) -> tuple[str, str]:
            source = page.path
            if source.suffix == ".pdf":
                source = _drawn(page.path, folder / f"{page.path.stem}.pgm")
            command = ["tesseract", str(source), "-", "-l", "+".join(page.languages)]
            if source.suffix == ".pgm":
                command += ["--dpi", "300"]
            run = subprocess.run(command, env=environment, check=True, capture_output=True)
            return page.path.name, run.stdout.decode("utf-8")

        with ThreadPoolExecutor(JOBS) as workers:
            return dict(workers.map(read, pages))


def ocrmypdf_command() -> str:
    known = os.environ.get("OCRMYPDF") or shutil.which("ocrmypdf")
    if not known or not Path(known).is_file():
        sys.exit("ocrmypdf is not installed; see the docstring of ocr_vs_ocrmypdf.py")
    return known


def _drawn(path: Path, target: Path) -> Path:
    with pypdfium2.PdfDocument(path) as document:
        bitmap = document[0].render(scale=300 / 72, grayscale=True)
        Image.fromarray(bitmap.to_numpy().reshape(bitmap.height, bitmap.width)).save(target)
    return target


def _one_pdf(pages: Iterable[Sample], target: Path) -> None:
    with pikepdf.new() as whole, contextlib.ExitStack() as sources:
        for page in pages:
            data = page.path.read_bytes() if page.path.suffix == ".pdf" else as_pdf(page.path)
            source = sources.enter_context(pikepdf.open(io.BytesIO(data)))
            whole.pages.extend(source.pages)
        whole.save(target)


def _environment(folder: Path) -> dict[str, str]:
    """Our models in one folder with the configuration files that the command wants beside them;
    one thread a process, without which two of them take minutes."""
    target = folder / "tessdata"
    if not target.exists():
        target.mkdir()
        for model in ocr.tessdata_dir().glob("*.traineddata"):
            (target / model.name).symlink_to(model)
        for system in Path("/usr/share/tesseract-ocr").glob("*/tessdata"):
            for name in ("configs", "tessconfigs", "pdf.ttf"):
                if (system / name).exists() and not (target / name).exists():
                    (target / name).symlink_to(system / name)
    return {**os.environ, "TESSDATA_PREFIX": str(target), "OMP_THREAD_LIMIT": "1"}
