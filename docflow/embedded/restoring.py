"""What a new stack takes from a backup before its servers start: the keys, where they are in it."""

import shutil
from pathlib import Path

from docflow.embedded.errors import StackError
from docflow.embedded.kept import write_private_bytes

_KEPT = "secrets.json"


def take_keys(backups: Path, data: Path) -> None:
    """Put the newest keys that the backups hold into the empty directory `data`.

    Without any keys in them the stack makes new ones, and the log is signed by another key from
    then on. Raises StackError where `data` is in use.
    """
    if (data / "postgres").exists() or (data / "objects").exists() or (data / _KEPT).exists():
        raise StackError(
            f"{data} is in use already; a backup is restored into a new directory: --data DIR."
        )
    names = sorted(path.parent.name for path in backups.glob("2*Z/manifest.json"))
    if not names:
        raise StackError(f"There is no backup in {backups}.")
    found = [backups / name / "keys" for name in names]
    with_keys = [keys for keys in found if (keys / _KEPT).exists()]
    if not with_keys:
        return
    keys = with_keys[-1]
    for name in ("pki", "store-keys"):
        if (keys / name).exists():
            shutil.copytree(keys / name, data / name)
    write_private_bytes(data / _KEPT, (keys / _KEPT).read_bytes())
