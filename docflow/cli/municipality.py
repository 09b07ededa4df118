"""`docflow demo`: the demo municipality in an empty database."""

from pathlib import Path

from docflow import demo as town
from docflow.cli import finding
from docflow.cli.output import say, warn
from docflow.i18n import t
from docflow.office import open_office
from signing import testpki

_ORGANISATION = "Δήμος Παραδείγματος"


def demo(data: Path | None) -> int:
    """Make it where the database is empty; print the logins in both cases."""
    settings = finding.settings(data)
    office = open_office(settings, pool=4)
    with office.db.read() as session:
        is_there = town.exists(session)
    if not is_there:
        # The keys of the demo's people come from the stack's own test authority.
        keys = testpki.create(settings.data / "pki", organisation=_ORGANISATION)
        town.create(office, keys=keys, progress=warn)
    office.db.dispose()
    say(
        t(
            "Logins (password “{password}”, password of the signing keys “{key_password}”):",
            password=town.PASSWORD,
            key_password=town.KEY_PASSWORD,
        )
    )
    for login in town.logins():
        say(f"  {login.username:<16} {login.name}, {login.title}")
    say(t("Citizens, with the same password, on the page /account/login:"))
    for citizen in town.citizen_logins():
        say(f"  {citizen.email}  {citizen.full_name}")
    return 0
