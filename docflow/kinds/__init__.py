"""Kinds of document: defaults, and typed fields of their own."""
