"""The bytes behind every digest of the audit trail: the same for good."""

import pytest

from docflow import canonical


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"β": 1, "α": [True, None, "Ώρα"]}, '{"α":[true,null,"Ώρα"],"β":1}'),
        ([], "[]"),
        ("α\n", '"α\\n"'),
    ],
)
def test_keys_are_sorted_and_nothing_is_blank(value: object, text: str) -> None:
    assert canonical.encoded(value) == text.encode()


def test_the_digest_is_that_of_the_bytes() -> None:
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert canonical.digest({}) == digest
