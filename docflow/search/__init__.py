"""Finding entries by anything that is known of them, within the rights of who asks."""

from docflow.search.service import Found, Hit, search

__all__ = ["Found", "Hit", "search"]
