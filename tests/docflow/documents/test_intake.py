"""Bytes come in: durable before any row, under a clean name, never changed (issue: bad input)."""

import hashlib
import unicodedata
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

import storage
from docflow import documents
from docflow.office import Office


def test_the_bytes_are_stored_as_they_came(office: Office) -> None:
    upload = documents.receive(office, BytesIO(b"\x00\xff data"), "α.bin")
    assert upload.sha256 == hashlib.sha256(b"\x00\xff data").hexdigest()
    assert (upload.size, office.store.read(upload.sha256)) == (7, b"\x00\xff data")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "application/x-empty"),
        (b"<!DOCTYPE html><html></html>", "text/html"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
    ],
)
def test_the_kind_is_told_by_the_bytes_and_not_by_the_name(
    office: Office, data: bytes, media_type: str
) -> None:
    assert documents.receive(office, BytesIO(data), "έγγραφο.pdf").media_type == media_type


def test_a_file_over_the_limit_is_refused_with_its_name(office: Office) -> None:
    small = replace(office, settings=office.settings.model_copy(update={"max_upload_mb": 1}))
    with pytest.raises(documents.TooLarge) as caught:
        documents.receive(small, BytesIO(b"x" * ((1 << 20) + 1)), "σχέδια.zip")
    assert caught.value.field == "files"
    assert "«σχέδια.zip»" in caught.value.message.in_language("el")


def test_a_file_at_the_limit_is_taken(office: Office) -> None:
    small = replace(office, settings=office.settings.model_copy(update={"max_upload_mb": 1}))
    assert documents.receive(small, BytesIO(b"x" * (1 << 20)), "a").size == 1 << 20


def test_a_store_that_is_away_is_said_to_be(office: Office) -> None:
    away = replace(office, store=storage.open_store("s3://key:secret@127.0.0.1:9/bucket"))
    with pytest.raises(documents.StoreUnavailable, match="Nothing was registered"):
        documents.receive(away, BytesIO(b"x"), "a.pdf")
    with pytest.raises(documents.StoreUnavailable):
        documents.keep(away, b"x")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\secret.pdf", "secret.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("Αι\u0301τηση.pdf", "Αίτηση.pdf"),
        ("", "αρχείο"),
        ("..", "αρχείο"),
        ("/", "αρχείο"),
        (" . .pdf", "pdf"),
        ("\u202egpj.exe", "gpj.exe"),
    ],
)
def test_a_name_is_made_safe(name: str, clean: str) -> None:
    assert documents.clean_name(name) == clean


def test_a_long_name_keeps_its_extension() -> None:
    clean = documents.clean_name("ψ" * 300 + ".pdf")
    assert clean.endswith("ψ.pdf")
    assert len(clean.encode()) <= 200


@given(st.text())
def test_every_name_becomes_one_that_any_system_takes(name: str) -> None:
    clean = documents.clean_name(name)
    assert 0 < len(clean.encode()) <= 200
    assert not set(clean) & set("/\\\x00\n\r")
    assert clean not in (".", "..")
    assert unicodedata.is_normalized("NFC", clean)
    assert documents.clean_name(clean) == clean


def test_bytes_that_are_gone_are_said_to_be(office: Office) -> None:
    with pytest.raises(documents.BytesMissing, match="not in the store"):
        documents.read_bytes(office, "0" * 64)


def test_changed_bytes_are_not_given_out(office: Office) -> None:
    upload = documents.receive(office, BytesIO(b"as it came"), "a")
    [path] = [p for p in (office.settings.data / "objects").rglob("*") if upload.sha256 in p.name]
    path.chmod(0o600)
    path.write_bytes(b"as it went")
    with pytest.raises(documents.BytesMissing):
        documents.read_bytes(office, upload.sha256)
