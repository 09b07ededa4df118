"""The languages that can be read: where Tesseract's models are, and which are there."""

import os
from pathlib import Path


def tessdata_dir() -> Path:
    """The folder of the `*.traineddata` files: `DOCFLOW_TESSDATA`, else beside this module."""
    return Path(os.environ.get("DOCFLOW_TESSDATA") or Path(__file__).parent / "tessdata").resolve()


def installed() -> tuple[str, ...]:
    """The languages whose model is there, without the orientation model."""
    found = (path.stem for path in tessdata_dir().glob("*.traineddata"))
    return tuple(sorted(language for language in found if language != "osd"))
