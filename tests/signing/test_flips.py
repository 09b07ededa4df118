"""One flipped bit anywhere: the answer is never "intact" and "valid" together."""

import random
import re

import pytest

import signing
from tests.signing.conftest import Office
from tests.signing.documents import letter

TRIES = 60


@pytest.mark.parametrize("level", ["B-LTA", "B-T"])
def test_no_flipped_bit_goes_unnoticed(office: Office, level: signing.Level) -> None:
    pdf = office.signed(letter(), level=level)
    report = signing.validate(pdf, trust_roots=office.roots, offline=level != "B-T")
    assert (report.verdict, report.integrity) == ("valid", "intact")
    chance = random.Random(20261121)  # the same bits in each run, other bits for each level
    for _ in range(TRIES):
        position, bit = chance.randrange(len(pdf)), chance.randrange(8)
        flipped = bytearray(pdf)
        flipped[position] ^= 1 << bit
        report = signing.validate(bytes(flipped), trust_roots=office.roots)
        assert (report.verdict, report.integrity) != ("valid", "intact"), (position, bit)


def test_no_flipped_bit_in_the_signature_goes_unnoticed(office: Office) -> None:
    """The gap that the byte range leaves out: headers, certificates, timestamp, padding."""
    pdf = office.signed(letter(), level="B-LTA")
    found = re.search(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)
    assert found
    start, end = found.span(1)
    chance = random.Random(7)
    for _ in range(TRIES):
        position, bit = chance.randrange(start, end), chance.randrange(8)
        flipped = bytearray(pdf)
        flipped[position] ^= 1 << bit
        report = signing.validate(bytes(flipped), trust_roots=office.roots)
        assert (report.verdict, report.integrity) != ("valid", "intact"), (position, bit)
