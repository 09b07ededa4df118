"""Two who do the same at the same moment: one account, one proof, one clear answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from docflow import accounts
from docflow.accounts import Account, Level, Paper, Seen, TaxNumberTaken, providers, proving
from docflow.office import Office
from tests.accounts import account
from tests.factories import Town, municipality

PERSON = providers.Person(
    "taxisnet", "https://id.example.gr", "1", Level.VERIFIED, "Κώστας Μάρκου", "094014201"
)


def both(act: Callable[[int], object]) -> list[object]:
    """What two got who began at one moment; what was raised stands for itself."""
    ready = Barrier(2)

    def one(number: int) -> object:
        ready.wait(10)
        try:
            return act(number)
        except accounts.TaxNumberTaken as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def test_two_at_once(committed: Office) -> None:
    with committed.db.begin() as session:
        town: Town = municipality(session)
        ids = [account(session, town, email=f"{n}@example.gr").id for n in range(2)]
        clerks = [town.person(session, name) for name in ("clerk", "registrar")]

    def enters(number: int) -> str:
        with committed.db.begin() as session:
            return providers.enter(
                session, PERSON, body_id=town.body_id, language="el", hours=1, client=str(number)
            )

    assert len(set(both(enters))) == 2, "two logins"
    with committed.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 3, "to one account"

    def proves(number: int) -> int:
        said = Seen("Ελένη Δημητρίου", "090000045", Paper.PASSPORT)
        with committed.db.begin() as session:
            return proving.prove(session, ids[number], said, seen=1, by=clerks[number]).id

    ended = both(proves)
    [taken] = [one for one in ended if isinstance(one, TaxNumberTaken)]
    assert [taken.other_id] == [one for one in ended if one is not taken]
