"""The pages share one house with all page tests; each file begins without the others' work."""

import pytest

from tests.api.conftest import House


@pytest.fixture(scope="module", autouse=True)
def own_jobs(house: House) -> None:
    """The jobs of other files are left undone: some of them register hundreds of files."""
    house.forget_jobs()
