"""The folder of a service: read from a directory or a ZIP file, bounded, and nothing of it run.

service.json         what the service is (`service.schema.json`)
form.schema.json     what is asked for: JSON Schema with labels, order and groups
process.bpmn         its process, BPMN 2.0
fee.json             what it costs
templates/           documents that it makes
forms/               forms to print
"""

import hashlib
import re
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from docflow.errors import Invalid
from docflow.i18n import t
from docflow.services.definitions import Definition

SERVICE, FORM, PROCESS, FEE = "service.json", "form.schema.json", "process.bpmn", "fee.json"
TEMPLATES = (".typ", ".json", ".txt", ".md")
FORMS = (".pdf", ".docx", ".odt", ".xlsx", ".ods")
MAX_FILES, MAX_FILE, MAX_FOLDER = 100, 10 << 20, 20 << 20
SHIPPED = Path(__file__).parent / "shipped"
_NAME = re.compile(r"[\w][\w .()-]{0,120}")
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


class BadFolder(Invalid):
    """This is not the folder of a service."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a service by path, and what the checks read of them.

    `definition`, `form`, `process_xml` and `fee` are filled in by `checking.check` as far as the
    files can be read; `form` then has `x-groups`.
    """

    name: str
    files: Mapping[str, bytes]
    definition: Definition | None = None
    service: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    process_xml: str = ""
    fee: Mapping[str, Any] | None = None

    @property
    def digest(self) -> str:
        """Names the content: equal folders have equal digests."""
        sums = (
            f"{hashlib.sha256(data).hexdigest()}  {path}\n"
            for path, data in sorted(self.files.items())
        )
        return hashlib.sha256("".join(sums).encode()).hexdigest()


def read_folder(path: Path) -> Folder:
    """The folder as it lies on a disk. Raises BadFolder."""
    if not path.is_dir():
        raise BadFolder(t("There is no folder “{name}”.", name=path.name), field="file")
    files: dict[str, bytes] = {}
    total = 0
    for found in sorted(path.rglob("*")):
        name = unicodedata.normalize("NFC", found.relative_to(path).as_posix())
        if _is_litter(name) or found.is_dir():
            continue
        if found.is_symlink() or not found.is_file():
            raise BadFolder(
                t("“{name}” is no plain file. Put the file itself there.", name=name), field="file"
            )
        total += _room(name, found.stat().st_size, len(files), total)
        files[name] = found.read_bytes()
    return Folder(path.resolve().name, files)


def read_zip(data: bytes, name: str = "") -> Folder:
    """The folder in a ZIP file: at its top, or as the only folder there. Raises BadFolder."""
    try:
        with ZipFile(BytesIO(data)) as packed:
            files = _unpacked(packed)
    except (BadZipFile, RuntimeError, EOFError, OSError, ValueError) as error:
        raise BadFolder(
            t("This is no ZIP file that can be read. Pack the folder again, without a password."),
            field="file",
        ) from error
    if SERVICE in files:
        return Folder(PurePosixPath(name).stem, files)
    tops = {path.partition("/")[0] for path in files}
    if len(tops) == 1 and (top := tops.pop()) and f"{top}/{SERVICE}" in files:
        return Folder(top, {path.removeprefix(f"{top}/"): bytes_ for path, bytes_ in files.items()})
    raise BadFolder(
        t("There is no {file} in it. Pack the folder of one service.", file=SERVICE), field="file"
    )


def packed(folder: Folder) -> bytes:
    """The folder as a ZIP file: the same bytes for the same files."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for path, data in sorted(folder.files.items()):
            info = ZipInfo(f"{folder.name}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)
    return out.getvalue()


def shipped() -> dict[str, Path]:
    """The folders that come with the program, by code."""
    return {
        path.name: path
        for path in sorted(SHIPPED.iterdir() if SHIPPED.is_dir() else [])
        if (path / SERVICE).is_file()
    }


def is_known(path: str) -> bool:
    """Whether a file of this path has its place in the folder of a service."""
    if path in (SERVICE, FORM, PROCESS, FEE):
        return True
    place, _, name = path.partition("/")
    suffixes = {"templates": TEMPLATES, "forms": FORMS}.get(place, ())
    return bool(_NAME.fullmatch(name)) and name.lower().endswith(suffixes or ("\0",))


def _unpacked(packed: ZipFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for info in packed.infolist():
        name = unicodedata.normalize("NFC", info.filename)
        if info.is_dir() or _is_litter(name):
            continue
        parts = PurePosixPath(name).parts
        if ".." in parts or name.startswith("/") or "\\" in name or ":" in name:
            raise BadFolder(
                t("“{name}” points out of the folder. Pack the folder again.", name=name[:80]),
                field="file",
            )
        if stat.S_ISLNK(info.external_attr >> 16) or name in files:
            raise BadFolder(
                t("“{name}” is no plain file. Put the file itself there.", name=name[:80]),
                field="file",
            )
        _room(name, info.file_size, len(files), total)
        with packed.open(info) as stream:
            data = stream.read(MAX_FILE + 1)  # what the list of contents says may be a lie
        total += _room(name, len(data), len(files), total)
        files[name] = data
    return files


def _room(name: str, size: int, count: int, total: int) -> int:
    """The size, where the file still fits. Raises BadFolder."""
    if size > MAX_FILE or total + size > MAX_FOLDER or count >= MAX_FILES:
        raise BadFolder(
            t(
                "The folder is too large at “{name}”. It has at most {files} files of {mb} MB, "
                "and {all} MB altogether.",
                name=name[:80],
                files=MAX_FILES,
                mb=MAX_FILE >> 20,
                all=MAX_FOLDER >> 20,
            ),
            field="file",
        )
    return size


def _is_litter(name: str) -> bool:
    """What systems leave in folders by themselves."""
    return any(part in _LITTER for part in name.split("/"))
