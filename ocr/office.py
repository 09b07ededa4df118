"""Office files as PDF, drawn by LibreOffice where it is installed.

A process of its own for each file: its own profile, thrown away afterwards, no macros, no links
that are followed, no network where the machine allows that, limits on memory and time.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ocr.contents import OFFICE, OLD_OFFICE
from ocr.sniffing import media_type
from ocr.values import Limits, Unreadable

_PROGRAM = "soffice"
_MEMORY = 2 * 1024**3
_SECONDS = 120
_PATIENCE = 3  # times as long on the clock, on a busy machine
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_ENDINGS = {
    _OOXML + "wordprocessingml.document": "docx",
    _OOXML + "spreadsheetml.sheet": "xlsx",
    _OOXML + "presentationml.presentation": "pptx",
    _ODF + "text": "odt",
    _ODF + "spreadsheet": "ods",
    _ODF + "presentation": "odp",
    "application/rtf": "rtf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
}
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document">
<prop oor:name="LoadPrinter" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""


def program() -> Path | None:
    """LibreOffice of this machine; None where there is none."""
    found = shutil.which(_PROGRAM)
    return Path(found) if found else None


def pdf_of_office(path: Path, *, limits: Limits | None = None) -> bytes:
    """The pages of an office file as LibreOffice draws them.

    Raises Unreadable: "needs-office" where LibreOffice is not installed, "unsupported" for other
    kinds, "timeout", "damaged" where no PDF came out.
    """
    kind = media_type(path)
    if kind not in OFFICE | OLD_OFFICE:
        raise Unreadable("unsupported", f"{kind} is no office file")
    soffice = program()
    if soffice is None:
        raise Unreadable("needs-office", "LibreOffice is not installed")
    seconds = int(limits.page_seconds) if limits else _SECONDS
    with tempfile.TemporaryDirectory(prefix="docflow-office-") as folder:
        place = Path(folder)
        source = place / f"document.{_ENDINGS[kind]}"
        shutil.copyfile(path, source)
        profile = place / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_SETTINGS, "utf-8")
        said = _run(soffice, source, place, seconds)
        made = place / "out" / "document.pdf"
        if not made.is_file() or made.stat().st_size == 0:
            raise Unreadable("damaged", f"LibreOffice made no PDF: {said[-500:]}")
        return made.read_bytes()


def _run(soffice: Path, source: Path, place: Path, seconds: int) -> str:
    confined = (sys.executable, "-P", "-m", "ocr.child.confined", str(_MEMORY), str(seconds))
    order = (
        str(soffice),
        f"-env:UserInstallation={(place / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
        *("--convert-to", "pdf", "--outdir", str(place / "out"), str(source)),
    )
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
        "HOME": str(place),
        "TMPDIR": str(place),
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
    }
    process = subprocess.Popen(  # noqa: S603 our own interpreter, which becomes LibreOffice
        [*confined, *order],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=place,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=_PATIENCE * seconds)
    except subprocess.TimeoutExpired:
        raise Unreadable("timeout", f"LibreOffice gave no answer in {seconds} s") from None
    finally:
        # What it started stays in its group: nothing of it is left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return said.decode("utf-8", errors="replace")
