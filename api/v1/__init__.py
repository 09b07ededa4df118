"""The JSON API at /api/v1: for other programs, with access tokens. Described by openapi.json."""

from api.v1.app import create_app

__all__ = ["create_app"]
