"""Signing services that follow their documents, with the faults that real ones have."""
