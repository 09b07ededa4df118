"""Build the pages' assets: api/static/assets.toml says what, api/static/built/ receives it.

    python scripts/build_assets.py [NODE_MODULES]

Each bundle (the first folder of a name) is made under a name with the hash of its contents, and
manifest.json maps plain names to hashed ones. Nothing is done when no source has changed. Sass
runs by Node (`NODE` in the environment, or `node` on the path).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "api" / "static"
BUILT = STATIC / "built"
_NPM = "node_modules/"


def build(node_modules: Path) -> bool:
    """Make the assets in BUILT; False where they were up to date."""
    plan = tomllib.loads((STATIC / "assets.toml").read_text(encoding="utf-8"))
    fingerprint = _fingerprint(plan, node_modules)
    stamp = BUILT / ".fingerprint"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint:
        return False
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATIC, prefix=".building-") as scratch:
        raw, named = Path(scratch, "raw"), Path(scratch, "named")
        for item in plan["copy"]:
            _copy(_source(item["from"], node_modules), raw / item["to"])
        for item in plan["sass"]:
            _sass(_source(item["from"], node_modules), raw / item["to"], node_modules)
        manifest = _name_bundles(raw, named)
        (named / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        (named / ".fingerprint").write_text(fingerprint, encoding="utf-8")
        shutil.rmtree(BUILT, ignore_errors=True)
        named.rename(BUILT)
    return True


def _source(name: str, node_modules: Path) -> Path:
    if name.startswith(_NPM):
        return node_modules / name.removeprefix(_NPM)
    return STATIC / name


def _fingerprint(plan: dict[str, list[dict[str, str]]], node_modules: Path) -> str:
    """One digest of the plan and of every source's content (packages: size and time)."""
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode())
    digest.update(Path(__file__).read_bytes())
    for path in _files(STATIC / "src"):
        digest.update(path.read_bytes())
    for item in plan["copy"] + plan["sass"]:
        for path in _files(_source(item["from"], node_modules)):
            state = path.stat()
            digest.update(f"{path.name}:{state.st_size}:{state.st_mtime_ns};".encode())
    digest.update((node_modules / "govuk-frontend" / "package.json").read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from sorted(found for found in path.rglob("*") if found.is_file())


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise SystemExit(f"build_assets: {source} is missing. Run `npm ci` first (make setup).")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def _sass(source: Path, target: Path, node_modules: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    node = os.environ.get("NODE") or shutil.which("node")
    if not node:
        raise SystemExit("build_assets: no `node` on the path; set NODE=/path/to/node.")
    subprocess.run(  # noqa: S603  # fixed arguments, no shell
        [
            node,
            str(node_modules / "sass" / "sass.js"),
            f"--load-path={node_modules}",
            "--style=compressed",
            "--no-source-map",
            "--quiet-deps",
            str(source),
            str(target),
        ],
        check=True,
    )


def _name_bundles(raw: Path, named: Path) -> dict[str, str]:
    """Move each bundle to its hashed name; the map of plain to hashed file names."""
    named.mkdir()
    manifest: dict[str, str] = {}
    for bundle in sorted(path for path in raw.iterdir() if path.is_dir()):
        digest = hashlib.sha256()
        inside = [path.relative_to(bundle).as_posix() for path in _files(bundle)]
        for name in inside:
            digest.update(f"{name}\0".encode() + (bundle / name).read_bytes())
        hashed = f"{bundle.name}-{digest.hexdigest()[:10]}"
        bundle.rename(named / hashed)
        manifest |= {f"{bundle.name}/{name}": f"{hashed}/{name}" for name in inside}
    return manifest


def main() -> None:
    root = STATIC.parent.parent
    packages = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "node_modules"
    made = build(packages.resolve())
    print("assets: built" if made else "assets: up to date")


if __name__ == "__main__":
    main()
