"""The commands that are single processes of an installation."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import Data


@app.command()
def relay(data: Data = None) -> None:
    """Ring the workers for jobs that are due."""
    run("processes", "relay", data)


@app.command()
def sequencer(data: Data = None) -> None:
    """Give each event of the audit trail its place in the log, and sign the log's head."""
    run("processes", "sequencer", data)


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Processes that work.")] = 2,
    queues: Annotated[str, typer.Option(help="Joined by commas.")] = "default,ocr,signing",
    data: Data = None,
) -> None:
    """Do jobs: read, sign, send."""
    run("processes", "worker", data, concurrency=concurrency, queues=queues)


@app.command()
def serve(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    trusted_proxies: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESSES",
            help="Proxies whose X-Forwarded-For and -Proto count, joined by commas.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Serve the pages and the JSON API."""
    run(
        "processes",
        "serve",
        data,
        host=host,
        port=port,
        workers=workers,
        trusted_proxies=trusted_proxies,
    )
