"""Docflow's domain: the register, its documents, their way and their proof. Knows no HTTP."""

__version__ = "0.1.0"
