"""Where the time of reading goes, and what the floor is: recognition alone.

    python -m benchmarks.ocr_profile FOLDER

Reads the pages of a folder (see `ocr_vs_ocrmypdf`) in this process with the stages timed by the
processor's clock, then recognises each page once more, in its main language, as a bare engine
does. What reading costs beside that floor is preparation and second looks.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from benchmarks.ocr_vs_ocrmypdf import samples
from ocr.child import lines, page, preparation, second_look, trials, unread_ink
from ocr.child.pdf import PdfSource
from ocr.child.pictures import PictureSource
from ocr.child.recognition import recognise
from ocr.child.sheets import Source

_STAGES: list[tuple[Any, str, str]] = [
    (PdfSource, "raster", "page to raster"),
    (PictureSource, "raster", "page to raster"),
    (trials, "recognise", "recognition of pages and samples"),
    (second_look, "recognise", "recognition of single lines"),
    (unread_ink, "unread_lines", "ink that nobody read"),
    *((lines, name, "how the lines lie") for name in ("letters", "lying", "skew", "bend")),
    *(
        (preparation, name, "preparation")
        for name in (
            "without_noise",
            "without_specks",
            "without_streaks",
            "at_reading_size",
            "needs_flattening",
            "flattened",
            "shows_through",
            "darkest",
            "is_blurred",
            "sharpened",
        )
    ),
]


class Clock:
    """Processor seconds by stage; an inner stage's time is not counted again by the outer one."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def watch(self, owner: Any, name: str, stage: str) -> None:
        function: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **options: Any) -> Any:
            started = time.process_time()
            self._inner.append(0.0)
            try:
                return function(*args, **options)
            finally:
                passed = time.process_time() - started
                self.spent[stage] += passed - self._inner.pop()
                if self._inner:
                    self._inner[-1] += passed

        setattr(owner, name, timed)


def main() -> None:
    cv2.setNumThreads(1)
    clock = Clock()
    for owner, name, stage in _STAGES:
        clock.watch(owner, name, stage)
    pages = samples(Path(sys.argv[1]))
    started = time.process_time()
    floor = 0.0
    for sample in pages:
        kind = PdfSource if sample.path.suffix == ".pdf" else PictureSource
        source: Source = kind(sample.path)
        limits = {"max_pixels": 120_000_000, "reading_pixels": 25_000_000}
        page.read(source, {"number": 1, "languages": list(sample.languages), **limits})
        floor -= time.process_time()
        sheet = source.raster(1, dpi=300, **limits)
        gray, dpi = preparation.at_reading_size(sheet.gray, sheet.dpi)
        recognise(gray, languages=sample.languages[:1], dpi=dpi)
        floor += time.process_time()
    total = time.process_time() - started - floor
    rest = total - sum(clock.spent.values())
    print(f"{total / len(pages):.2f} CPU s a page, of which")
    for stage, spent in sorted({**clock.spent, "rest": rest}.items(), key=lambda item: -item[1]):
        print(f"{100 * spent / total:5.1f} %  {stage}")
    print(f"one bare recognition in the main language: {floor / len(pages):.2f} CPU s a page")


if __name__ == "__main__":
    main()
