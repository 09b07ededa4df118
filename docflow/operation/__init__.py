"""Operation: the state of the installation, its metrics, and alarms."""

from docflow.operation.alarms import LIMITS, Limit, compare, look, open_alarms, passed, tell
from docflow.operation.metrics import exposed
from docflow.operation.models import Alarm
from docflow.operation.state import Expiring, Queue, State, state

__all__ = [
    "LIMITS",
    "Alarm",
    "Expiring",
    "Limit",
    "Queue",
    "State",
    "compare",
    "exposed",
    "look",
    "open_alarms",
    "passed",
    "state",
    "tell",
]
