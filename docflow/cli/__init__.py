"""The command `docflow`: everything that is done without a browser.

Exit codes: 0 done, 1 a domain error (its message on standard error), 2 wrong usage. With `--json`
standard output has one JSON document and nothing else. The commands with their options stand in
`desk`, `tools` and `services`; what they do is loaded when they run.
"""

import gc
import sys
from importlib import import_module

__all__ = ["main"]


def main() -> None:
    """Run the command of this process's arguments and exit with its code."""
    # Nearly all that a starting process makes stays; by default 700 new objects are gone over.
    gc.set_threshold(10_000, 10, 10)
    commands = import_module("docflow.cli.commands")
    try:
        commands.app()
    except Exception as error:  # the border of the command line: what can be told is told
        code = import_module("docflow.cli.failures").report(error)
        if code is None:
            raise
        sys.exit(code)
