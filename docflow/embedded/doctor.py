"""`docflow doctor`: what is missing or wrong on this machine, and how to mend it."""

import http.client
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import kombu
import psycopg
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError
from kombu.pidbox import Mailbox
from sqlalchemy.exc import SQLAlchemyError

import signing
import storage
from docflow import migrations
from docflow.embedded.errors import StackError
from docflow.embedded.parts import application_name
from docflow.embedded.postgres import LIBPQ
from docflow.embedded.processes import is_port_free
from docflow.embedded.stack import FIRST_PORT
from docflow.embedded.state import settings_for
from docflow.printing.fonts import FONT_DIR
from docflow.settings import Settings, load
from ocr import tessdata_dir

_ASSETS = Path(__file__).resolve().parents[2] / "api" / "static" / "built" / "manifest.json"
_GIB = 1024**3
_OLDEST_POSTGRESQL = 18
_DRIFT = 2.0
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
# Events that wait for their place, logs that grew and were not signed lately, events in all logs.
_LOG = """
    SELECT (SELECT count(*) FROM audit_pending p JOIN audit_events e ON e.id = p.event_id
             WHERE e.at < clock_timestamp() - interval '5 minutes'),
           (SELECT count(*) FROM audit_logs l
              LEFT JOIN LATERAL (SELECT max(c.size) AS size, max(c.signed_at) AS signed_at
                                   FROM audit_checkpoints c WHERE c.body_id = l.body_id) AS head
                     ON true
             WHERE l.size > coalesce(head.size, 0)
               AND coalesce(head.signed_at, (SELECT min(e.at) FROM audit_events e
                                              WHERE e.body_id = l.body_id))
                   < clock_timestamp() - interval '1 hour'),
           (SELECT coalesce(sum(size), 0) FROM audit_logs)
"""
_TIME_SERVICES = ("chronyd", "ntpd", "systemd-timesyn", "phc2sys")


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` is empty where all is well."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""


def doctor(data: Path, *, only: Collection[str] = ()) -> list[Check]:
    """Look at the machine, and at the installation that `data` or the environment points to.

    `only` limits it to the checks of these names (see `NAMES`).
    """
    wanted = set(only or NAMES)
    checks = [look(data) for name, look in _MACHINE.items() if name in wanted]
    try:
        settings = settings_for(data)
        if settings is None and "DOCFLOW_DATABASE_URL" in os.environ:
            settings = load()
    except StackError as exc:
        return [*checks, Check("stack", Verdict.FAILED, str(exc), "Ask as the account it runs as.")]
    if settings is None:
        found = f"no stack runs on {data}"
        return [*checks, _port(), Check("stack", Verdict.WARNING, found, "docflow up")]
    return [*checks, *(ask(settings) for name, ask in _INSTALLATION.items() if name in wanted)]


def as_json(checks: Sequence[Check]) -> dict[str, object]:
    """The document of `docflow doctor --json`."""
    healthy = all(check.verdict is not Verdict.FAILED for check in checks)
    return {"healthy": healthy, "checks": [asdict(check) for check in checks]}


def as_text(checks: Sequence[Check]) -> str:
    """The lines for the terminal."""
    signs = {Verdict.OK: "ok", Verdict.WARNING: "!!", Verdict.FAILED: "NO"}
    lines = []
    for check in checks:
        lines.append(f"{signs[check.verdict]}  {check.name:<12} {check.found}")
        if check.mend:
            lines.append(f"    {'':<12} → {check.mend}")
    return "\n".join(lines)


def _python(data: Path) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - run by hand with whatever Python there is
        return Check("Python", Verdict.FAILED, found, "Install Python 3.11 or newer.")
    return Check("Python", Verdict.OK, found)


def _fonts(data: Path) -> Check:
    fonts = sorted(path.stem for path in FONT_DIR.glob("*.ttf"))
    if not (FONT_DIR / "built.json").exists() or not fonts:
        return Check("fonts", Verdict.FAILED, f"none in {FONT_DIR}", "make setup")
    return Check("fonts", Verdict.OK, ", ".join(fonts))


def _models(data: Path) -> Check:
    models = {path.stem for path in tessdata_dir().glob("*.traineddata")}
    missing = {"ell", "eng", "osd"} - models
    if missing:
        found = f"{', '.join(sorted(missing))} missing in {tessdata_dir()}"
        return Check("OCR models", Verdict.FAILED, found, "make setup")
    return Check("OCR models", Verdict.OK, ", ".join(sorted(models)))


def _assets(data: Path) -> Check:
    if not _ASSETS.exists():
        return Check("web assets", Verdict.FAILED, f"{_ASSETS} is missing", "make setup")
    return Check("web assets", Verdict.OK, str(_ASSETS.parent))


def _disk(data: Path) -> Check:
    place = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIB
    found = f"{free:.1f} GiB free on {place}"
    if free < 0.5:
        return Check("disk", Verdict.FAILED, found, "Free some space: nothing can be registered.")
    if free < 5:
        return Check("disk", Verdict.WARNING, found, "Plan for more space soon.")
    return Check("disk", Verdict.OK, found)


def _port() -> Check:
    if is_port_free(FIRST_PORT):
        return Check("port", Verdict.OK, f"{FIRST_PORT} is free")
    found = f"{FIRST_PORT} is taken by another program"
    return Check("port", Verdict.WARNING, found, "docflow up takes the next one, or --port N.")


@contextmanager
def _connected(settings: Settings) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    url = settings.database_url.get_secret_value().replace(*LIBPQ)
    with psycopg.connect(url, connect_timeout=5) as connection:
        yield connection


def _database(settings: Settings) -> Check:
    try:
        with _connected(settings) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as exc:
        mend = "Start it, or set DOCFLOW_DATABASE_URL right."
        return Check("database", Verdict.FAILED, str(exc).strip(), mend)
    if version < _OLDEST_POSTGRESQL:
        mend = f"Install PostgreSQL {_OLDEST_POSTGRESQL}."
        return Check("database", Verdict.FAILED, f"PostgreSQL {version}", mend)
    return Check("database", Verdict.OK, f"PostgreSQL {version}")


def _schema(settings: Settings) -> Check:
    try:
        current = migrations.current(settings.database_url.get_secret_value())
        newest = migrations.head()
    except SQLAlchemyError as exc:
        return Check("schema", Verdict.FAILED, str(exc).partition("\n")[0], "docflow migrate")
    if current != newest:
        return Check("schema", Verdict.FAILED, f"{current}, not {newest}", "docflow migrate")
    return Check("schema", Verdict.OK, str(current))


def _clock(settings: Settings) -> Check:
    try:
        with _connected(settings) as connection:
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
        drift = time.time() - float(str(row[0])) if row is not None else 0.0
    except psycopg.Error as exc:
        return Check("clock", Verdict.WARNING, f"not compared: {exc}".strip())
    if abs(drift) > _DRIFT:
        found = f"{abs(drift):.1f} s {'ahead of' if drift > 0 else 'behind'} the database's"
        mend = "Let both machines follow a time server (chrony, systemd-timesyncd)."
        return Check("clock", Verdict.FAILED, found, mend)
    if _SYNCHRONISED.exists() or any(map(_runs, _TIME_SERVICES)):
        return Check("clock", Verdict.OK, f"{time.strftime('%F %T %z')}, follows a time server")
    mend = "Receipts state this clock's time: install chrony or systemd-timesyncd."
    found = f"{time.strftime('%F %T %z')}, no time service seen"
    return Check("clock", Verdict.WARNING, found, mend)


def _runs(name: str) -> bool:
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == name:
                return True
        except OSError:
            continue
    return False


def _store(settings: Settings) -> Check:
    url = settings.storage_url.get_secret_value()
    shown = url if url.startswith("file:") else url.rpartition("@")[2]
    try:
        storage.open_store(url).check()
    except storage.StorageError as exc:
        mend = "Nothing can be registered: start the store, or set DOCFLOW_STORAGE_URL right."
        return Check("store", Verdict.FAILED, str(exc), mend)
    return Check("store", Verdict.OK, f"{shown} takes and gives back bytes")


def _broker(settings: Settings) -> Check:
    url = settings.broker_url.get_secret_value()
    shown = url.rpartition("@")[2]
    try:
        with kombu.Connection(url, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
    except (KombuError, BrokerError, OSError) as exc:
        mend = "Jobs wait until it is back; nothing is lost. Start it, or set DOCFLOW_BROKER_URL."
        return Check("broker", Verdict.FAILED, f"{shown}: {exc}", mend)
    return Check("broker", Verdict.OK, shown)


def _worker(settings: Settings) -> Check:
    try:
        url = settings.broker_url.get_secret_value()
        with kombu.Connection(url, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
            mailbox = Mailbox("celery", type="fanout", connection=connection, accept=["json"])
            answers = mailbox.multi_call("ping", timeout=2.0) or []
    except (KombuError, BrokerError, OSError):
        return Check("worker", Verdict.WARNING, "not asked, as the broker is away")
    names = sorted(name for answer in answers for name in answer)
    if not names:
        return Check("worker", Verdict.FAILED, "none answers", "Start one: docflow worker")
    return Check("worker", Verdict.OK, ", ".join(names))


def _relay(settings: Settings) -> Check:
    return _loop(settings, "relay", "Jobs wait, nothing is lost. Start it: docflow relay")


def _sequencer(settings: Settings) -> Check:
    return _loop(settings, "sequencer", "Events wait for their place. Start it: docflow sequencer")


def _loop(settings: Settings, part: str, mend: str) -> Check:
    """A process that serves nobody is seen by its connection to the database."""
    try:
        with _connected(settings) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
                [application_name(part)],
            ).fetchone()
    except psycopg.Error as exc:
        return Check(part, Verdict.FAILED, f"the database does not tell: {exc}".strip(), mend)
    if found is None or not found[0]:
        return Check(part, Verdict.FAILED, "none is connected to the database", mend)
    return Check(part, Verdict.OK, "connected to the database")


def _log(settings: Settings) -> Check:
    """Whether the audit log goes on: events get their places, and its head is signed."""
    try:
        with _connected(settings) as connection:
            row = connection.execute(_LOG).fetchone()
    except psycopg.Error as exc:
        found = f"the database does not tell: {str(exc).partition(chr(10))[0]}"
        return Check("audit log", Verdict.WARNING, found, "docflow migrate")
    waiting, unsigned, places = (int(str(number)) for number in row or (0, 0, 0))
    if waiting:
        found = f"{waiting} events have waited for their place for more than five minutes"
        mend = "Start it: docflow sequencer; its log says what stops it."
        return Check("audit log", Verdict.FAILED, found, mend)
    if unsigned:
        mend = "Set DOCFLOW_LOG_KEYS (docflow audit new-key); see the log of docflow sequencer."
        return Check("audit log", Verdict.FAILED, "its head is not signed since an hour", mend)
    return Check("audit log", Verdict.OK, f"{places} events have their place; head signed")


def _time_stamping(settings: Settings) -> Check:
    if not settings.tsa_urls:
        mend = "Set DOCFLOW_TSA_URLS; signatures have no proof of their time without."
        return Check("time stamps", Verdict.WARNING, "no service is set", mend)
    try:
        signing.timestamp(b"docflow doctor", tsa_urls=settings.tsa_urls, timeout=5)
    except signing.TsaUnavailable as exc:
        mend = "Signatures are completed later, when it is back. Start it or set another."
        return Check("time stamps", Verdict.FAILED, str(exc), mend)
    return Check("time stamps", Verdict.OK, ", ".join(settings.tsa_urls))


def _web(settings: Settings) -> Check:
    parts = urlsplit(settings.public_url)
    kinds: dict[str, Callable[..., http.client.HTTPConnection]] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=5)
    began = time.monotonic()
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as exc:
        mend = "Start it: docflow serve; or set DOCFLOW_PUBLIC_URL right."
        return Check("pages", Verdict.FAILED, f"{settings.public_url}: {exc}", mend)
    finally:
        connection.close()
    took = (time.monotonic() - began) * 1000
    found = f"{settings.public_url} answers {answer.status} in {took:.0f} ms"
    if answer.status != http.HTTPStatus.OK:
        return Check("pages", Verdict.FAILED, found, "See the log of docflow serve.")
    return Check("pages", Verdict.OK, found)


_MACHINE: dict[str, Callable[[Path], Check]] = {
    "python": _python,
    "fonts": _fonts,
    "models": _models,
    "assets": _assets,
    "disk": _disk,
}
_INSTALLATION: dict[str, Callable[[Settings], Check]] = {
    "database": _database,
    "schema": _schema,
    "clock": _clock,
    "store": _store,
    "broker": _broker,
    "worker": _worker,
    "relay": _relay,
    "sequencer": _sequencer,
    "log": _log,
    "tsa": _time_stamping,
    "pages": _web,
}
NAMES = (*_MACHINE, *_INSTALLATION)
