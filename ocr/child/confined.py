"""Becomes another program, with limits on memory, time and files, and without a network.

`python -P -m ocr.child.confined MEMORY SECONDS PROGRAM ARGUMENT …`: the limits are set here, in a
fresh process, because code between fork and exec of a process with threads may hang.
"""

import ctypes
import os
import resource
import signal
import sys

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of unshare(2)
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
_MOST_WRITTEN = 1 << 30


def main(arguments: list[str]) -> None:
    memory, seconds, program = int(arguments[0]), int(arguments[1]), arguments[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    # A machine that lets nobody have name spaces keeps its network: macros and links are
    # switched off in the program's own settings all the same.
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(program[0], program)  # noqa: S606 no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
