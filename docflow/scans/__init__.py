"""Scans that find their entries by themselves, and those that wait for a person."""
