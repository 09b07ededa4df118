"""The tools `ocr`, `sign` and `validate`: no database, no running stack."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import AsJson, Level, PasswordFile


@app.command()
def ocr(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT", exists=True, dir_okay=False, readable=True),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.pdf", dir_okay=False)],
    text: Annotated[
        Path | None,
        typer.Option(metavar="OUT.txt", dir_okay=False, help="The text too."),
    ] = None,
    hocr: Annotated[
        Path | None,
        typer.Option(metavar="OUT.hocr", dir_okay=False, help="The words with places, as hOCR."),
    ] = None,
    alto: Annotated[
        Path | None,
        typer.Option(metavar="OUT.xml", dir_okay=False, help="The same, as ALTO 4."),
    ] = None,
    languages: Annotated[str, typer.Option(help="Joined by a plus sign.")] = "ell+eng",
    pdfa: Annotated[bool, typer.Option("--pdfa", help="Make PDF/A-2b.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a scan, and make it a searchable PDF."""
    run(
        "reading",
        "ocr_file",
        None,
        source=source,
        output=output,
        text=text,
        hocr=hocr,
        alto=alto,
        languages=languages.split("+"),
        pdfa=pdfa,
        as_json=as_json,
    )


@app.command()
def sign(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT.pdf", exists=True, dir_okay=False, readable=True),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.pdf", dir_okay=False)],
    key: Annotated[
        Path,
        typer.Option(
            metavar="FILE.p12",
            exists=True,
            dir_okay=False,
            help="Key with certificate.",
        ),
    ],
    tsa: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Time-stamping service (repeatable)."),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(help="[default: B-T with --tsa, else B-B]", show_default=False),
    ] = None,
    field: Annotated[str | None, typer.Option(metavar="NAME", help="Signature field.")] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="PEM", exists=True, help="Roots, for B-LT and B-LTA (repeatable)."),
    ] = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a PDF (PAdES).

    The key's password comes from the file, from DOCFLOW_KEY_PASSWORD, or is asked for.
    """
    run(
        "signatures",
        "sign_file",
        None,
        source=source,
        output=output,
        key_file=key,
        tsa_urls=tsa or [],
        level=level.value if level else None,
        field=field,
        trust=trust or [],
        password_file=password_file,
        as_json=as_json,
    )


@app.command()
def validate(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True),
    ],
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="PEM", exists=True, dir_okay=False, help="Roots (repeatable)."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Judge for this moment (ISO 8601)."),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Ask no authority; use what is in the file."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge the signatures of a file: PDF, XAdES, CAdES, ASiC.

    Exit code 0 whatever the verdict is.
    """
    run(
        "signatures",
        "validate_file",
        None,
        source=source,
        trust=trust or [],
        at=at,
        offline=offline,
        as_json=as_json,
    )
