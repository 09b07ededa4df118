"""Writing the output of a tool: whole or not at all, and never over its input."""

import os
import tempfile
from pathlib import Path

from docflow.cli.failures import CannotDo
from docflow.i18n import t


def write_whole(path: Path, content: bytes, *, source: Path | None) -> None:
    """Replace `path` by `content` in one step; `source` is what it was made of. Raises CannotDo."""
    if source is not None and path.exists() and path.samefile(source):
        raise CannotDo(t("The output would overwrite the input. Choose another name."))
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise CannotDo(
            t("{path} cannot be written: {why}", path=str(path), why=error.strerror or str(error))
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
