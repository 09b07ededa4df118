"""Imports every package with tables, jobs or checks, for Alembic, workers and tests."""

from docflow import (
    audit,
    circulation,
    citizens,
    dispatch,
    documents,
    organization,
    outbox,
    parties,
    registry,
    routing,
    search,
    throttle,
)
from docflow.db import Base

__all__ = [
    "Base",
    "audit",
    "circulation",
    "citizens",
    "dispatch",
    "documents",
    "organization",
    "outbox",
    "parties",
    "registry",
    "routing",
    "search",
    "throttle",
]
