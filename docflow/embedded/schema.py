"""Whether the schema needs migrating, found out without loading Alembic: it saves the start 2 s."""

import re
from pathlib import Path

from docflow.embedded.errors import PartFailed
from docflow.embedded.postgres import DATABASE, Cluster

VERSIONS = Path(__file__).resolve().parents[2] / "alembic" / "versions"
_ID = re.compile(r"""^(down_revision|revision)\b[^=]*=\s*["']?([\w-]+)""", re.MULTILINE)


def is_current(cluster: Cluster, *, versions: Path = VERSIONS) -> bool:
    """Whether the database stands at the newest revision of the code. In doubt it does not."""
    newest = newest_revision(versions)
    if newest is None:
        return False
    try:
        with cluster.connect(DATABASE) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except PartFailed:
        return False
    return row is not None and row[0] == newest


def newest_revision(versions: Path) -> str | None:
    """The one revision that no other follows; None where there is not exactly one."""
    found = [dict(_ID.findall(path.read_text())) for path in versions.glob("*.py")]
    followed = {ids.get("down_revision") for ids in found}
    heads = {ids["revision"] for ids in found if "revision" in ids} - followed
    return heads.pop() if len(heads) == 1 else None
