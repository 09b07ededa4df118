"""The language of texts in an answer: the first of `Accept-Language` that we speak."""

from typing import Annotated

from fastapi import Depends, Request

from docflow.i18n import language_of


def asked(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))


Language = Annotated[str, Depends(asked)]
