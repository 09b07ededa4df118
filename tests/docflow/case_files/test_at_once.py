"""Several persons at one moment: each act is whole, and who comes second is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from docflow import case_files
from docflow.errors import DocflowError
from docflow.office import Office
from docflow.organization import Principal
from tests import factories
from tests.factories import ZONE, Town


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all acts at one moment; the names of the errors, in order of the name."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        barrier.wait()
        try:
            act()
        except DocflowError as error:
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def opened(office: Office, town: Town, by: Principal) -> case_files.CaseFile:
    with office.db.begin() as session:
        cover = case_files.Cover("Επισκευές", town.units["ΟΔΟΠ"])
        return case_files.open_file(session, cover, by=by, zone=ZONE)


def test_two_at_once_move_once_make_no_circle_and_share_no_code(committed: Office) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
        by = town.person(session, "engineer")
    files = [opened(office, town, by) for _ in range(3)]
    with office.db.begin() as session:
        item = case_files.file_entry(session, files[0].id, entry.id, by=by, zone=ZONE)

    def move(to: case_files.CaseFile) -> Callable[[], object]:
        def act() -> None:
            with office.db.begin() as session:
                case_files.move(session, item.id, to.id, reason="δοκιμή", by=by, zone=ZONE)

        return act

    assert at_once(move(files[1]), move(files[2])) == ["", "MovedMeanwhile"]
    with office.db.read() as session:
        assert len(case_files.of_entry(session, entry.id, by=by)) == 1

    def under(one: case_files.CaseFile, other: case_files.CaseFile) -> Callable[[], object]:
        def act() -> None:
            with office.db.begin() as session:
                case_files.put_under(session, one.id, other.id, version=None, by=by)

        return act

    assert at_once(under(files[0], files[1]), under(files[1], files[0])) == ["", "CannotLieThere"]

    made = at_once(*[lambda: opened(office, town, by) for _ in range(5)])
    assert made == [""] * 5
    with office.db.read() as session:
        wanted = case_files.Wanted(with_sub_files=True)
        codes = [one.code for one in case_files.listing(session, wanted, by=by)]
    year = files[0].year
    assert sorted(codes) == [f"Φ.ΟΔΟΠ/{n}/{year}" for n in range(1, 9)]
