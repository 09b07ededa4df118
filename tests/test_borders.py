"""A package is imported by its border; its inner modules are its own affair.

What stands in the `__all__` of a package is its border, modules among it. Who reaches behind it
makes the package's rooms part of everybody's code, and no room can be moved any more.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = ROOT / "docflow"
PACKAGES = sorted(path.parent.name for path in DOMAIN.glob("*/__init__.py"))
# Parts of the installation without a border of names: each command loads only what it runs.
WITHOUT_BORDER = {"cli", "demo", "embedded"}
# Where Celery is started, or asked whether it runs.
KNOW_CELERY = {"cli", "embedded", "demo"}
REASONED = {
    # The standalone checker is handed out, and run, as one file.
    ("api/portal/log.py", "docflow.audit.check_proof"),
    ("docflow/cli/proving.py", "docflow.audit.check_proof"),
    # A witness stands outside: it follows a log over HTTP and never sees the database.
    ("docflow/cli/proving.py", "docflow.audit.witness"),
    # Who asks for the fonts' files alone does not load what draws with them.
    ("docflow/demo/papers.py", "docflow.printing.fonts"),
    ("docflow/embedded/doctor.py", "docflow.printing.fonts"),
}


def _exported(package: str) -> set[str]:
    tree = ast.parse((DOMAIN / package / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _reaches(path: Path) -> Iterator[str]:
    """The inner modules of other packages that a module imports."""
    name = path.relative_to(ROOT)
    own = name.parts[1] if name.parts[0] == "docflow" else ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for module in modules:
            root, _, rest = module.partition(".")
            package, _, inner = rest.partition(".")
            if root != "docflow" or not inner or package not in PACKAGES or package == own:
                continue
            inner = inner.partition(".")[0]
            if package in WITHOUT_BORDER or not (DOMAIN / package / f"{inner}.py").exists():
                continue
            if isinstance(node, ast.ImportFrom) and module != node.module:
                is_border = node.module == f"docflow.{package}" and inner in _exported(package)
                if is_border or node.module != f"docflow.{package}":
                    continue  # a name of the border, or told already by its module
            yield f"docflow.{package}.{inner}"


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("api/**/*.py"), *DOMAIN.glob("**/*.py")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_package_is_imported_by_its_border(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert [one for one in _reaches(path) if (name, one) not in REASONED] == []


def test_no_reason_is_kept_for_what_nobody_reaches() -> None:
    for name, module in REASONED:
        assert module in set(_reaches(ROOT / name))


def test_each_package_is_kept_from_celery() -> None:
    """A package that is in no contract could ring the worker without a row (decision 0003)."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    [celery] = [one for one in contracts if "celery" in one.get("forbidden_modules", ())]
    named = {one.removeprefix("docflow.") for one in celery["source_modules"]}
    assert set(PACKAGES) - KNOW_CELERY - named == set()
