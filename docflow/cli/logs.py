"""Logs of the processes: one line each, with the id of the request or job, without personal data.

As text, or as one JSON object (DOCFLOW_LOG_FORMAT), for programs that collect logs:

2026-11-21T10:41:07.123Z INFO docflow.api request=5f0c… GET /entries/{book} 200 12 ms
"""

import json
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
        marks = "".join(f" {name}={value}" for name, value in _marks(record).items())
        return f"{_instant(record)} {record.levelname} {record.name}{marks} {self.text(record)}"

    def text(self, record: logging.LogRecord) -> str:
        """What happened, without the values of statements."""
        said = record.getMessage()
        if record.exc_info:
            said += " | " + self.formatException(record.exc_info)
        line = " | ".join(part.strip() for part in said.splitlines() if part.strip())
        return _VALUES.sub("[…]", line)


class JsonFormatter(LineFormatter):
    """A record as one JSON object: at, level, logger, message, and request or job."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"at": _instant(record), "level": record.levelname, "logger": record.name}
        return json.dumps(
            {**said, **_marks(record), "message": self.text(record)}, ensure_ascii=False
        )


FORMS: dict[str, type[LineFormatter]] = {"text": LineFormatter, "json": JsonFormatter}


def _marks(record: logging.LogRecord) -> dict[str, str]:
    known = {"request": record.__dict__.get("request", ""), "job": job.get()}
    return {name: str(value) for name, value in known.items() if value}


def _instant(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


def configure(level: str, form: str = "text") -> None:
    """Log to standard error in this process. `form` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMS[form]())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)  # they would take several lines


def for_uvicorn(level: str, form: str = "text") -> dict[str, object]:
    """The same as a configuration that each process of uvicorn applies for itself."""
    formatter: dict[str, Callable[..., object]] = {"()": FORMS[form]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": level, "handlers": ["stderr"]},
    }
