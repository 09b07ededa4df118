"""Logs of the processes: one line each, with the id of the request or job, without personal data.

2026-11-21T10:41:07.123Z INFO docflow.api request=5f0c… GET /entries/{book} 200 12 ms
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar

job: ContextVar[str] = ContextVar("job", default="")
"""The job that this process does now."""

# SQLAlchemy and PostgreSQL repeat the values of a failed statement: names, subjects, addresses.
_VALUES = re.compile(r"\[parameters: .*?\](?= |$)|DETAIL:  .*?(?= \| |$)|\(\S+\)=\(.*?\)")


class LineFormatter(logging.Formatter):
    """A record as one line; a traceback's lines are joined."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += " | " + self.formatException(record.exc_info)
        known = {"request": record.__dict__.get("request", ""), "job": job.get()}
        marks = "".join(f" {name}={value}" for name, value in known.items() if value)
        instant = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = " | ".join(part.strip() for part in text.splitlines() if part.strip())
        line = _VALUES.sub("[…]", line)
        return f"{instant}.{int(record.msecs):03d}Z {record.levelname} {record.name}{marks} {line}"


def configure(level: str) -> None:
    """Log to standard error in this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)  # they would take several lines


def for_uvicorn(level: str) -> dict[str, object]:
    """The same as a configuration that each process of uvicorn applies for itself."""
    formatter: dict[str, Callable[..., object]] = {"()": LineFormatter}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": level, "handlers": ["stderr"]},
    }
