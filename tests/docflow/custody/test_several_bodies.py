"""Bodies of one installation: each opens its own objects, and both open what both have."""

import ast
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

import storage
from docflow import custody, documents, object_keys
from docflow.object_keys import KeyRing
from docflow.office import Office
from docflow.organization import Role, User, grant
from tests import factories, stack
from tests.docflow.custody.conftest import PDF, House, run
from tests.docflow.custody.test_keeping import erased

OURS, THEIRS = "paradeigma", "geitones"


@dataclass(frozen=True)
class Two:
    """An installation of two bodies, whose objects are encrypted; the directory of the keys."""

    office: Office
    ours: factories.Town
    theirs: factories.Town
    keys: Path

    def with_key_of(self, code: str) -> storage.Store:
        """The store for somebody who has this body's key alone."""
        alone = self.keys.parent / f"of-{code}"
        alone.mkdir(exist_ok=True)
        for path in self.keys.glob(f"{code}.*"):
            (alone / path.name).write_text(path.read_text())
        assert isinstance(self.office.store, storage.SealedStore)
        return storage.SealedStore(self.office.store.inner, KeyRing(self.office.db, alone))


@pytest.fixture
def two(committed: Office, tmp_path: Path) -> Two:
    keys = tmp_path / "keys"
    keys.mkdir()
    for code in (OURS, THEIRS):
        (keys / f"{code}.001.key").write_text(object_keys.new_body_key())
    assert isinstance(committed.store, storage.DirectoryStore)
    store = storage.SealedStore(committed.store, KeyRing(committed.db, keys))
    with committed.db.begin() as session:
        ours = factories.municipality(session)
        theirs = factories.municipality(session, code=THEIRS)
    return Two(replace(committed, store=store), ours, theirs, keys)


def test_what_a_body_keeps_only_its_own_key_opens(two: Two) -> None:
    mine = documents.keep(two.office, b"ours", body_id=two.ours.body_id).sha256
    other = documents.keep(two.office, b"theirs", body_id=two.theirs.body_id).sha256
    assert two.office.store.read(mine) == b"ours"
    assert two.with_key_of(THEIRS).read(other) == b"theirs"
    with pytest.raises(storage.StoreUnavailable, match="not in the directory"):
        two.with_key_of(THEIRS).read(mine)
    with pytest.raises(storage.StoreUnavailable, match="not in the directory"):
        two.with_key_of(OURS).read(other)
    with pytest.raises(documents.StoreUnavailable):  # it was not said whose they are
        documents.keep(two.office, b"whose?")


def test_what_both_have_lies_there_once_and_each_key_opens_it(two: Two) -> None:
    def put(body_id: int) -> str:
        return documents.keep(two.office, PDF, body_id=body_id).sha256

    with ThreadPoolExecutor(4) as pool:  # the first time at the same moment
        digests = set(pool.map(put, [two.ours.body_id, two.theirs.body_id] * 2))
    [digest] = digests
    assert two.with_key_of(OURS).read(digest) == two.with_key_of(THEIRS).read(digest) == PDF
    assert len(list(two.office.store.iterate())) == 1
    for code in (OURS, THEIRS):
        (two.keys / f"{code}.002.key").write_text(object_keys.new_body_key())
    assert KeyRing(two.office.db, two.keys).rewrap() == 2
    for code in (OURS, THEIRS):
        (two.keys / f"{code}.001.key").unlink()
        assert two.with_key_of(code).read(digest) == PDF


def test_an_erasure_waits_for_what_the_other_body_is_registering(two: Two) -> None:
    upload = documents.Upload(
        "a.pdf",
        documents.keep(two.office, PDF, body_id=two.ours.body_id).sha256,
        len(PDF),
        "application/pdf",
    )
    with two.office.db.begin() as session:
        officer = session.get_one(User, two.ours.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
        entry = factories.letter(session, two.ours, upload)
    house = House(two.office, two.ours, entry, upload.sha256)
    erasure_id = erased(house)
    with two.office.db.begin() as session:
        session.execute(text("UPDATE object_keys SET made_at = now() - interval '2 days'"))
    documents.keep(two.office, PDF, body_id=two.theirs.body_id)
    custody.erasure.erase_objects(run(two.office), erasure_id=erasure_id, digests=[upload.sha256])
    assert two.with_key_of(THEIRS).read(upload.sha256) == PDF
    assert isinstance(two.office.store, storage.SealedStore)
    inner = two.office.store.inner
    assert isinstance(inner, storage.DirectoryStore)
    os.utime(inner.root / upload.sha256[:2] / upload.sha256, (0, 0))
    inner.hold(upload.sha256)  # the bytes stay, and nobody has a key to them any more
    with two.office.db.begin() as session:
        session.execute(text("UPDATE object_keys SET made_at = now() - interval '2 days'"))
    custody.erasure.erase_objects(run(two.office), erasure_id=erasure_id, digests=[upload.sha256])
    for code in (OURS, THEIRS):
        with pytest.raises(storage.KeyDestroyed):
            two.with_key_of(code).read(upload.sha256)
    inner.release(upload.sha256)
    again = documents.keep(two.office, PDF, body_id=two.theirs.body_id)
    assert two.with_key_of(THEIRS).read(again.sha256) == PDF


def test_everything_that_is_kept_says_for_which_body() -> None:
    """Else it could not be kept where bodies are several and objects encrypted."""
    unsaid = []
    for path in [*(stack.ROOT / "docflow").rglob("*.py"), *(stack.ROOT / "api").rglob("*.py")]:
        if "demo" in path.parts:  # makes one body, before there is another
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _keeps(ast.unparse(node.func)):
                said = {keyword.arg for keyword in node.keywords}
                if "body_id" not in said:
                    unsaid.append(f"{path.relative_to(stack.ROOT)}:{node.lineno}")
    assert unsaid == []


def _keeps(name: str) -> bool:
    return name in ("documents.keep", "documents.receive", "renditions.keep") or name.endswith(
        ("office.store.put", "office.store.put_bytes")
    )
