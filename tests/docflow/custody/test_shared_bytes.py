"""Bytes that somebody else still names outlive an erasure."""

from datetime import timedelta

from docflow import clock, custody, signatures
from tests.docflow.custody.conftest import PDF, House, run
from tests.docflow.custody.test_keeping import erased


def test_bytes_that_a_row_of_no_entry_names_are_not_erased(house: House) -> None:
    """As an unissued draft has, or a scan that waits: its entry is unknown, not another's."""
    with house.office.db.begin() as session:
        session.add(
            signatures.SealedDocument(
                body_id=house.town.body_id,
                kind=signatures.SealedKind.COPY,
                entry_id=None,
                sha256=house.digest,
                current_sha256=house.digest,
                level="B-B",
                wanted="B-LTA",
            )
        )
    erasure_id = erased(house)
    with clock.pretend(clock.now() + timedelta(days=3)):
        custody.erasure.erase_objects(
            run(house.office), erasure_id=erasure_id, digests=[house.digest]
        )
    assert house.office.store.read(house.digest) == PDF
