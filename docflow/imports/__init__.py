"""Registers of earlier systems, taken over."""
