"""Two people and a job at the same scan: one of them wins, and nothing is filed twice."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

from docflow import outbox, scans
from docflow.office import Office
from tests import factories
from tests.docflow.scans.conftest import FILE, SPLIT, Desk
from tests.docflow.scans.sheets import Sheet, batch, label


def desk_in(office: Office) -> Desk:
    with office.db.begin() as session:
        return Desk(office, factories.municipality(session))


def test_two_clerks_decide_about_one_scan_and_one_of_them_wins(committed: Office) -> None:
    desk = desk_in(committed)
    entries = [desk.letter(), desk.letter()]
    batch_id = desk.scan(Sheet("α"))
    [document] = desk.found(batch_id)
    together = Barrier(2)

    def decide(number: int) -> str:
        entry = entries[number]
        together.wait()
        try:
            with committed.db.begin() as session:
                by = desk.town.person(session, "clerk")
                scans.attach(session, document.id, year=entry.year, number=entry.number, by=by)
        except scans.ScanMoved:
            return "moved"
        return "won"

    with ThreadPoolExecutor(2) as both:
        outcomes = sorted(both.map(decide, range(2)))
    assert outcomes == ["moved", "won"]
    desk.work()
    assert sum(len(desk.files(entry)) for entry in entries) == 1


def test_an_annulment_and_the_filing_of_a_scan_do_not_block_each_other(committed: Office) -> None:
    desk = desk_in(committed)
    for turn in range(4):
        entry = desk.letter()
        taken = desk_put(desk, batch(Sheet(f"α{turn}", (label(entry),))))
        desk.work(SPLIT)
        [job] = desk.waiting(FILE)
        together = Barrier(2)

        def file(job_id: int = job, gate: Barrier = together) -> None:
            gate.wait()
            outbox.run(committed, job_id)

        def annul(entry_id: int = entry.id, gate: Barrier = together) -> None:
            gate.wait()
            with committed.db.begin() as session:
                factories.annulled(session, desk.town, entry_id, reason="Δοκιμή")

        with ThreadPoolExecutor(2) as both:
            for done in [both.submit(file), both.submit(annul)]:
                done.result(timeout=60)
        [(state, reason, _)] = desk.told(taken)
        assert (state, reason) in [("filed", None), ("review", "annulled")]
        assert len(desk.files(entry)) == (1 if state == "filed" else 0)


def desk_put(desk: Desk, data: bytes) -> int:
    """Send a batch without doing its jobs."""
    return scans.upload(desk.office, BytesIO(data), "δέσμη.pdf", by=desk.by()).batch_id
