"""`python -m docflow.embedded.loops`: relay and sequencer in one process.

In production they are two services. On one machine they share a process: each alone would load the
same libraries again, for half of the stack's waiting memory and two seconds of its start.
"""

import logging
import signal
import sys
import threading

from docflow import audit, settings
from docflow.db import Database
from docflow.embedded.parts import LOOPS, application_name
from docflow.relay import relay, sequencer
from docflow.worker import make_app


def main() -> int:
    """Run both until SIGTERM; if one of them fails, both end, with exit code 1."""
    mine = settings.load()
    logging.basicConfig(level=mine.log_level, format="%(asctime)s %(levelname)s %(message)s")
    asked_to_stop, stop = threading.Event(), threading.Event()

    def on_signal(*_: object) -> None:
        asked_to_stop.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    address = mine.database_url.get_secret_value()
    ringing, placing = (
        Database(f"{address}?application_name={application_name(loop)}", pool=1) for loop in LOOPS
    )

    def place() -> None:
        try:
            sequencer(
                placing,
                stop=stop,
                keys=audit.keys.load(mine.log_keys),
                host=mine.public_url,
            )
        finally:
            stop.set()

    thread = threading.Thread(target=place, name="sequencer")
    thread.start()
    try:
        relay(ringing, make_app(mine.broker_url.get_secret_value()), stop=stop)
    finally:
        stop.set()
        thread.join()
    return 0 if asked_to_stop.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
