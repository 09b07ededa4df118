"""Unpacking of the models that Tesseract reads with.

They come as npm packages with one gzipped file each; `python -m ocr.models node_modules` unpacks
them once. "best_int" is the most accurate variant that is published as a package.
"""

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

from ocr.languages import tessdata_dir

LANGUAGES = ("ell", "eng", "hun", "ces", "deu", "fra", "osd")
_VARIANTS = ("4.0.0_best_int", "4.0.0")


def install(node_modules: Path, target: Path) -> list[Path]:
    """Unpack the models into `target`; those already there stay. Returns what was written.

    A package that is missing raises FileNotFoundError with the package's name.
    """
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for language in LANGUAGES:
        model = target / f"{language}.traineddata"
        if model.is_file() and model.stat().st_size > 0:
            continue
        _unpack(_packed(node_modules, language), model)
        written.append(model)
    return written


def _packed(node_modules: Path, language: str) -> Path:
    package = node_modules / "@tesseract.js-data" / language
    for variant in _VARIANTS:
        packed = package / variant / f"{language}.traineddata.gz"
        if packed.is_file():
            return packed
    raise FileNotFoundError(f"No model in the npm package @tesseract.js-data/{language}: {package}")


def _unpack(packed: Path, model: Path) -> None:
    # Under a temporary name first: a set-up that is broken off must not leave half a model.
    with (
        gzip.open(packed) as source,
        tempfile.NamedTemporaryFile(dir=model.parent, delete=False) as partial,
    ):
        shutil.copyfileobj(source, partial)
    Path(partial.name).chmod(0o644)
    Path(partial.name).replace(model)


if __name__ == "__main__":
    for path in install(Path(sys.argv[1]), tessdata_dir()):
        print(path)
