"""The demo municipality: a Greek town hall at work, in an empty database.

Everything is made through the functions that people use, each act at its own instant
(`clock.pretend`), so that numbers, times, rights and the audit trail are those of a real office.
All persons, companies and tax numbers are invented.
"""

from docflow.demo.citizens import citizen_logins
from docflow.demo.creation import Demo, NotEmpty, create, exists
from docflow.demo.house import Keys
from docflow.demo.people import KEY_PASSWORD, PASSWORD, Login, logins

__all__ = [
    "KEY_PASSWORD",
    "PASSWORD",
    "Demo",
    "Keys",
    "Login",
    "NotEmpty",
    "citizen_logins",
    "create",
    "exists",
    "logins",
]
