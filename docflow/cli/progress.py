"""How far a long command is: one line on the terminal that counts."""

import sys
import time

from docflow.cli.output import rendered
from docflow.i18n import Text

_PAUSE = 0.2  # seconds between two counts


class Progress:
    """Counts in place, at most five times a second, where somebody looks; nothing for a program."""

    def __init__(self, title: Text | str = "") -> None:
        self._title, self._shown = title, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self._shown <= _PAUSE and done != total):
            return
        self._shown = now
        end = "\n" if done == total else ""
        line = f"{rendered(self._title)} {done}/{total}".lstrip()
        print(f"\r{line}", end=end, file=sys.stderr, flush=True)
