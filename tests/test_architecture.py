"""House rules that no other tool checks, each with the reason for it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "docflow", "signing", "ocr", "storage")
MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
LONG: dict[str, str] = {}  # module over 400 lines: why it is still one room


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_is_one_room(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400 or _name(path) in LONG, f"{lines} lines: split it by noun, or say why not"


def _users(pattern: str) -> set[str]:
    return {_name(path) for path in MODULES if re.search(pattern, path.read_text(encoding="utf-8"))}


def test_only_the_database_module_commits():
    """Whoever commits elsewhere makes two steps that could be one fall apart (decision 0002)."""
    assert _users(r"\bsession\.(commit|rollback)\(|\bconnection\.(commit|rollback)\(") == set()


def test_only_the_relay_rings_celery():
    """A job that is rung before its transaction commits, or without a row, can be lost (0003)."""
    assert _users(r"\.delay\(|apply_async|\.send_task\(") == {"docflow/relay.py"}


def test_nobody_pretends_another_time_but_the_demo():
    """A register whose clock can be set is none."""
    users = {name for name in _users(r"clock\.pretend|\bpretend\(") if "/demo/" not in name}
    assert users == {"docflow/clock.py"}


def test_a_row_is_locked_by_select_and_never_by_refresh():
    """`refresh(with_for_update=True)` silently drops what was not flushed."""
    assert _users(r"\.refresh\(") == set()


def test_the_migrations_folder_is_no_package():
    """With an `__init__.py` it would hide the library of the same name."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_nothing_is_left_open():
    words = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"))
    assert _users(rf"\b({words})\b") == set()


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    hosts = "|".join(
        ("pypi" + r"\.org", "pythonhosted", "npm" + r"js\.(org|com)", "deb" + r"\.debian")
    )
    paths = "|".join(("/wo" + "rk/", "/ro" + "ot/"))
    for path in _committed():
        if path.suffix in {".png", ".jpg", ".pdf", ".tif"} or path.stat().st_size > 2_000_000:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not re.search(rf"https?://[^ \"]*({hosts})", text), _name(path)
        assert not re.search(rf"(^|[^\w./])({paths})", text), _name(path)


def test_no_file_is_larger_than_two_megabytes():
    assert [_name(path) for path in _committed() if path.stat().st_size > 2_000_000] == []


def test_no_test_is_skipped():
    marks = re.compile(r"pytest\.(mark\.)?(sk" + r"ip|xf" + r"ail)")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if marks.search(path.read_text())]
    assert tests == []


def test_every_module_says_what_it_is_for():
    silent = []
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        if source.strip() and ast.get_docstring(ast.parse(source)) is None:
            silent.append(_name(path))
    assert silent == []


def test_no_module_is_a_drawer():
    drawers = {"utils.py", "helpers.py", "common.py", "base.py", "manager.py", "misc.py"}
    assert [_name(path) for path in MODULES if path.name in drawers] == []


def test_the_domain_asks_only_its_clock_for_the_time():
    """`datetime.now()` elsewhere could not be told that it is New Year's Eve."""
    elsewhere = ("docflow/cli/", "docflow/demo/", "docflow/embedded/", "docflow/printing/")
    users = _users(r"\b(datetime|date)\.(now|today|utcnow)\(")
    domain = {name for name in users if name.startswith("docflow/")}
    assert {name for name in domain if not name.startswith(elsewhere)} == {"docflow/clock.py"}


def test_no_reason_is_kept_for_a_module_that_became_short():
    for name in LONG:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > 400
