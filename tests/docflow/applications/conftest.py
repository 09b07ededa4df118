"""A service on offer, for the tests of applications."""

import pytest

from docflow.office import Office
from docflow.services import ServiceVersion
from tests.docflow.applications import forms
from tests.factories import Town


@pytest.fixture
def fine(office: Office, town: Town) -> ServiceVersion:
    """The small fine: anybody may file, the same fine once."""
    return forms.offered(office, town)
