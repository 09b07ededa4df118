"""A thousand processes begun, answered, completed, and their timers, against the engine alone.

python -m benchmarks processes [COUNT]. The engine alone does the same walk in memory, with its
state written and read as in the database, without rows, rights, notices and trail.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docflow import clock, migrations, outbox, processes  # noqa: E402
from docflow.office import Office, open_office  # noqa: E402
from docflow.principal import Principal  # noqa: E402
from docflow.processes import engine  # noqa: E402
from docflow.settings import Settings  # noqa: E402
from docflow.workdays import Calendar  # noqa: E402
from tests import factories, stack  # noqa: E402
from tests.docflow.processes.drawing import (  # noqa: E402
    START,
    act,
    drawn,
    end,
    field,
    gateway,
    timer,
    user,
)

FINE = drawn(
    START,
    act("sum", "process.set", amount="fine // 2"),
    user("pay", "citizen", inside=field("bank")),
    timer("late", "P10D", on="pay"),
    gateway("gw"),
    user("check", "unit", more='docflow:days="5"', inside=field("found", "tick")),
    *(end("good"), end("small"), end("gone")),
    flows=[
        *("start sum", "sum pay", "late gone", "pay gw"),
        *("gw check if amount >= 1000", "gw small default", "check good"),
    ],
)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with (
        tempfile.TemporaryDirectory() as scratch,
        stack.PostgresServer(folder=Path(scratch) / "pg", durable=True) as server,
    ):
        office = _office(server, Path(scratch))
        with office.db.begin() as session:
            town = factories.municipality(session)
            by = town.person(session, "engineer")
        _timed("begun", count, lambda n: _begin(office, town, n))
        _timed("answered by the citizen", count // 2, lambda n: _answer(office, n))
        _timed("completed by an employee", count // 2, lambda n: _complete(office, n, by))
        began = time.monotonic()
        with clock.pretend(clock.now() + timedelta(days=11)):
            while _timers(office):
                pass
        seconds = time.monotonic() - began
        print(
            f"{'timers of the other half':28} {1000 * seconds / (count - count // 2):6.1f} ms each"
        )
        _timed("the engine alone, whole walk", count, lambda n: _bare())
        office.db.dispose()
    return 0


def _begin(office: Office, town: factories.Town, n: int) -> None:
    with office.db.begin() as session:
        processes.start(
            session,
            body_id=town.body_id,
            subject=("matter", n),
            xml=FINE,
            service="fine",
            version=1,
            unit_id=town.units["ΟΔΟΠ"],
            data={"fine": 8000},
        )


def _answer(office: Office, n: int) -> None:
    about = ("matter", n)
    with office.db.begin() as session:
        task = next(one for one in processes.tasks(session, about) if one.kind == "citizen")
        processes.answer(session, task.id, {"bank": "123"}, subject=about)


def _complete(office: Office, n: int, by: Principal) -> None:
    with office.db.begin() as session:
        [task] = processes.tasks(session, ("matter", n))
        processes.complete(session, task.id, {"found": "yes"}, by=by)


def _timers(office: Office) -> bool:
    """One run of the job; whether something was left for the next."""
    with office.db.begin() as session:
        job = outbox.enqueue(session, "processes.timers")
        session.flush()
        job_id = job.id
    outbox.run(office, job_id)
    with office.db.read() as session:
        open_timers = session.query(processes.ProcessTask.id).filter_by(state="open", kind="timer")
        return open_timers.first() is not None


def _bare() -> None:
    data: dict[str, object] = {"fine": 8000}
    course = engine.Course.begin(FINE, data, Calendar)
    for known in ({"amount": 4000}, {"bank": "123"}, {"found": True}):
        while course.step():
            pass
        course.look_at_clock()
        course = engine.Course.resume(course.kept(), data, Calendar)
        data.update(known)
        [(key, _)] = course.ready()
        course.complete(key)
    while course.step():
        pass
    assert course.is_ended


def _timed(what: str, count: int, work: Callable[[int], None]) -> None:
    times = []
    for n in range(1, count + 1):
        began = time.monotonic()
        work(n)
        times.append(1000 * (time.monotonic() - began))
    times.sort()
    median, p95 = times[len(times) // 2], times[len(times) * 95 // 100]
    print(f"{what:28} {median:6.1f} ms median, {p95:6.1f} p95", flush=True)


def _office(server: stack.PostgresServer, folder: Path) -> Office:
    server.create_database("bench")
    migrations.upgrade(server.owner_url("bench"))
    settings = Settings(  # type: ignore[call-arg]  # the others have defaults
        data=folder,
        database_url=SecretStr(server.url("bench")),
        storage_url=SecretStr(f"file:{folder / 'objects'}"),
        smtp_url=SecretStr(f"file:{folder / 'outbox'}"),
        secret_key=SecretStr("s" * 32),
    )
    office = open_office(settings)
    office.store.prepare()
    return office


if __name__ == "__main__":
    sys.exit(main())
