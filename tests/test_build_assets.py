"""The assets' build: hashed bundles, a manifest, and nothing done twice."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "build_assets.py"


@pytest.fixture
def build_assets(tmp_path, monkeypatch):
    """The script over a small folder of sources, without Sass."""
    spec = importlib.util.spec_from_file_location("build_assets", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    static = tmp_path / "static"
    (static / "src" / "js").mkdir(parents=True)
    (static / "src" / "js" / "app.js").write_text('import "./dates.js";')
    (static / "src" / "js" / "dates.js").write_text("1")
    (static / "assets.toml").write_text(
        '[[copy]]\nfrom = "src/js"\nto = "js"\n'
        '[[copy]]\nfrom = "node_modules/lib/lib.js"\nto = "js/vendor/lib.js"\n'
        '[[sass]]\nfrom = "src/js/app.js"\nto = "style/app.css"\n'
    )
    packages = tmp_path / "node_modules"
    for name in ("lib/lib.js", "govuk-frontend/package.json"):
        (packages / name).parent.mkdir(parents=True)
        (packages / name).write_text("{}")
    monkeypatch.setattr(module, "STATIC", static)
    monkeypatch.setattr(module, "BUILT", static / "built")
    monkeypatch.setattr(module, "_sass", lambda source, target, _: module._copy(source, target))
    module.packages = packages
    return module


def _manifest(module) -> dict[str, str]:
    return json.loads((module.BUILT / "manifest.json").read_text())


def test_a_bundle_keeps_its_files_together_under_one_hash(build_assets):
    assert build_assets.build(build_assets.packages)
    names = _manifest(build_assets)
    assert set(names) == {"js/app.js", "js/dates.js", "js/vendor/lib.js", "style/app.css"}
    assert len({names[name].split("/")[0] for name in names if name.startswith("js/")}) == 1
    assert all((build_assets.BUILT / hashed).is_file() for hashed in names.values())


def test_a_second_build_does_nothing(build_assets):
    build_assets.build(build_assets.packages)
    assert not build_assets.build(build_assets.packages)


def test_a_changed_file_gives_its_bundle_a_new_name_and_leaves_no_old_one(build_assets):
    build_assets.build(build_assets.packages)
    before = _manifest(build_assets)["js/app.js"]
    (build_assets.STATIC / "src" / "js" / "dates.js").write_text("2")
    assert build_assets.build(build_assets.packages)
    assert _manifest(build_assets)["js/app.js"] != before
    assert not (build_assets.BUILT / before).exists()


def test_a_missing_package_says_what_to_run(build_assets):
    (build_assets.packages / "lib" / "lib.js").unlink()
    with pytest.raises(SystemExit, match="npm ci"):
        build_assets.build(build_assets.packages)
