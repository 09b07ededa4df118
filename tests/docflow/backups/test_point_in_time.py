"""Point-in-time restore as docs/backup.md describes it: base backup, archived WAL, a moment."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from docflow import audit, documents, migrations, registry
from docflow.backups import dumping
from docflow.embedded.privileges import unprivileged_account
from docflow.office import Office, open_office
from docflow.settings import Settings
from tests import factories, stack
from tests.docflow.audit.test_audit import place, sign
from tests.docflow.backups.test_backups import digest_of, registered


class Recovering(stack.PostgresServer):
    """A server that is not there before it has recovered: until then it lets one only read."""

    def answers(self) -> bool:
        if not super().answers():
            return False
        with self.cluster.connect() as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


@dataclass
class Archiving:
    """A server that archives its WAL into `wal`."""

    server: stack.PostgresServer
    wal: Path

    def base_backup(self, target: Path) -> None:
        program = dumping.program("pg_basebackup", None)
        assert program is not None
        command = [program, "-h", "127.0.0.1", "-p", str(self.server.port), "-U", "postgres"]
        command += ["-D", str(target), "--checkpoint=fast", "--no-sync"]
        subprocess.run(command, env=os.environ | {"PGPASSWORD": self.server.password}, check=True)

    def switch_wal(self) -> None:
        with self.server.cluster.connect() as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        stack.wait_until((self.wal / str(row[0])).exists, what="the archived WAL")


def configure(cluster: Path, **settings: str) -> None:
    with (cluster / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def belongs_to_server(folder: Path) -> None:
    account = unprivileged_account()
    for path in [folder, *folder.rglob("*")] if account else []:
        os.chown(path, account.uid, account.gid)


@pytest.fixture
def archiving(tmp_path: Path) -> Iterator[Archiving]:
    wal = stack.run_folder() / f"wal-{tmp_path.name}"
    wal.mkdir()
    belongs_to_server(wal)
    server = stack.PostgresServer(folder=stack.run_folder() / f"archiving-{tmp_path.name}")
    server.folder.mkdir()
    server.cluster.create(log=server.log)
    configure(server.cluster.directory, archive_mode="on", archive_command=f"cp %p {wal}/%f")
    with server:
        yield Archiving(server, wal)
    shutil.rmtree(wal)


def test_the_register_is_put_back_to_a_moment(
    archiving: Archiving, settings: Settings, tmp_path: Path
) -> None:
    server = archiving.server
    server.create_database("docflow")
    migrations.upgrade(server.owner_url("docflow"))
    office = opened(settings, server)
    office.store.prepare()
    with office.db.begin() as session:
        town = factories.municipality(session)
    before = registered(office, town, b"%PDF-1.4 before the base backup")
    base = stack.run_folder() / f"base-{tmp_path.name}"
    archiving.base_backup(base)
    between = registered(office, town, b"%PDF-1.4 between")
    place(office)
    sign(office)
    with office.db.read() as session:
        moment = session.scalar(select(func.clock_timestamp()))
        head = audit.latest(session, town.body_id)
    assert head is not None
    registered(office, town, b"%PDF-1.4 after the moment")
    archiving.switch_wal()
    office.db.dispose()

    configure(
        base,
        archive_mode="off",
        restore_command=f"cp {archiving.wal}/%f %p",
        recovery_target_time=str(moment),
        recovery_target_action="promote",
    )
    (base / "recovery.signal").touch()
    belongs_to_server(base)
    back = Recovering(folder=stack.run_folder() / f"back-{tmp_path.name}")
    back.password, back.application_password = server.password, server.application_password
    back.owner_password = server.owner_password
    back.folder.mkdir()
    base.rename(back.cluster.directory)
    with back:
        restored = opened(settings, back)
        with restored.db.read() as session:
            subjects = session.scalars(select(registry.Entry.id).order_by(registry.Entry.id))
            assert subjects.all() == [before.id, between.id]
            outcome = audit.verify(session, kept=[head.note])
            assert outcome.is_sound, outcome.findings
            assert len(session.scalars(select(documents.File.id)).all()) == 2
        assert restored.store.exists(digest_of(restored, between))
        after = registered(restored, town, b"%PDF-1.4 work goes on")
        assert after.number == between.number + 1
        restored.db.dispose()


def opened(settings: Settings, server: stack.PostgresServer) -> Office:
    url = SecretStr(server.url("docflow"))
    return open_office(settings.model_copy(update={"database_url": url}), pool=2)
