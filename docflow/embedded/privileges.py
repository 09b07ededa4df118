"""Running a server as an unprivileged account, where we are root and it refuses to be.

A checkout under /root is closed to every other account. Rather than open the directories above
it to everybody, the server is started with the one Linux capability that lets it pass them.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docflow.embedded.errors import PartFailed
from docflow.embedded.processes import spawn

_NAMES = ("docflow", "nobody")
_CAPABILITIES = {"dac_override": 1, "dac_read_search": 2}


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the machine."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """`docflow` where there is such an account, else `nobody`; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _NAMES:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PartFailed(f"PostgreSQL does not run as root, and there is no account {_NAMES}.")


def spawn_as(
    account: Account | None,
    command: Sequence[str],
    *,
    through: Iterable[Path],
    log: Path,
    death_signal: signal.Signals,
    cwd: Path,
) -> "subprocess.Popen[bytes]":
    """`processes.spawn` as that account, which needs to pass the directories `through`.

    Raises PartFailed where it cannot be let through.
    """
    if account is None:
        return spawn(command, log=log, death_signal=death_signal, cwd=cwd)
    closed = [folder for folder in through if not _may_pass(folder, account)]
    if not closed:
        identity = (account.uid, account.gid)
        return spawn(command, log=log, identity=identity, death_signal=death_signal, cwd=cwd)
    prefix = _keeping_capability(account, death_signal, closed=closed[0])
    return spawn([*prefix, *command], log=log, death_signal=death_signal, cwd=cwd)


def _keeping_capability(
    account: Account, death_signal: signal.Signals, *, closed: Path
) -> list[str]:
    held = _held_capabilities()
    capability = next((name for name, bit in _CAPABILITIES.items() if held >> bit & 1), None)
    setpriv = shutil.which("setpriv")
    if capability is None or setpriv is None:
        raise PartFailed(
            f"PostgreSQL does not run as root, and the account {account.name} may not enter "
            f"{closed}. Put the checkout where others may enter (for example /srv), or run "
            f"everything as a normal user."
        )
    return [
        setpriv,
        *("--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"),
        *("--inh-caps", f"+{capability}", "--ambient-caps", f"+{capability}"),
        # initdb asks access(2) about its programs, which by default knows no capabilities.
        *("--securebits", "+no_setuid_fixup"),
        # A change of user makes the kernel forget the signal that spawn() asked for.
        *("--pdeathsig", death_signal.name.removeprefix("SIG"), "--"),
    ]


def _may_pass(folder: Path, account: Account) -> bool:
    """Whether the account may enter `folder` and every directory above it."""
    for path in (folder, *folder.parents):
        status = path.stat()
        if status.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _held_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
