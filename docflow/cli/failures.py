"""What went wrong, in the language of the terminal."""

import sys

from pydantic import ValidationError

from docflow.cli.output import language
from docflow.embedded.errors import StackError
from docflow.errors import DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.settings import UnknownSetting


class NoStack(NotFound):
    """No installation is known: neither a running stack nor settings in the environment."""


class CannotDo(Invalid):
    """The command cannot be carried out as it was given."""


def report(error: Exception) -> int | None:
    """Say it on standard error; the exit code, or None for a fault of ours."""
    if isinstance(error, DocflowError):
        print(error.message.in_language(language()), file=sys.stderr)
    elif isinstance(error, StackError | UnknownSetting):
        print(error, file=sys.stderr)
    elif isinstance(error, ValidationError):
        # Names of settings and what is wrong, never their values.
        names = ", ".join(str(fault["loc"][-1]).upper() for fault in error.errors())
        told = t("These settings are missing or wrong: {names}", names=names)
        print(told.in_language(language()), file=sys.stderr)
    else:
        return None
    return 1
