"""Asking for passwords: from a file, or at the terminal, never from the command line's words."""

import getpass
import sys
from pathlib import Path

from docflow.cli.failures import CannotDo
from docflow.cli.output import language
from docflow.i18n import t, translate

SHORTEST = 10


def read(file: Path) -> str:
    """The first line of the file; `-` is standard input. Raises CannotDo."""
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(t("The password's file cannot be read: {why}", why=str(error))) from error
    return text.split("\n")[0].rstrip("\r")


def ask(question: str) -> str:
    """Asked at the terminal, unseen. Raises CannotDo where there is none."""
    if not sys.stdin.isatty():
        raise CannotDo(t("There is no terminal to ask for the password: use --password-file."))
    return getpass.getpass(f"{question}: ", stream=sys.stderr)


def new(file: Path | None, *, username: str) -> str:
    """A new password for an account, typed twice. Raises CannotDo where it is too short."""
    if file is not None:
        password = read(file)
    else:
        question = translate("New password of {name}", language(), name=username)
        password = ask(question)
        if ask(translate("Once more", language())) != password:
            raise CannotDo(t("The two passwords are not the same. Nothing was done."))
    if len(password) < SHORTEST:
        raise CannotDo(t("A password has at least {n} characters.", n=SHORTEST))
    return password
