"""Exact and digitised copies, the check of files that come in, whom a body trusts, stamps."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import text

import signing
from docflow import (
    audit,
    citizens,
    clock,
    documents,
    outbox,
    printing,
    registry,
    signatures,
    verdicts,
)
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.signatures import CopyKind, NewCopy, copies, stamps, trust, validating
from docflow.signatures.models import FileValidation
from tests import factories
from tests.conftest import Keys
from tests.docflow.signatures.papers import order, paper, sign
from tests.docflow.steps import issued, job, run_jobs, waiting_jobs
from tests.factories import KEY_PASSWORD, Town

EXACT = NewCopy(CopyKind.EXACT, 1, purpose="Για δικαστική χρήση")


def came(office: Office, town: Town, data: bytes, name: str = "έγγραφο.pdf") -> int:
    """A letter with this file, whose signatures were asked to be checked."""
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        entry = factories.letter(session, town, upload)
        file = documents.file_at(session, entry.id, 1)
        validating.ask_for(session, file)
    run_jobs(office, "signatures.validate")
    return entry.id


def found(office: Office, entry_id: int) -> FileValidation:
    with office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        return validating.of_files(session, [file.id])[file.id]


def signed_paper(office: Office, town: Town) -> bytes:
    with office.db.begin() as session:
        by = town.person(session, "mayor")
    return sign(office, by, signatures.Secrets(password=KEY_PASSWORD)).pdf


def test_an_incoming_signed_file_is_checked_and_the_report_kept(
    signing_office: Office, town: Town
) -> None:
    entry_id = came(signing_office, town, signed_paper(signing_office, town))
    row = found(signing_office, entry_id)
    assert (row.state, row.verdict, row.integrity, row.signatures) == ("done", "valid", "intact", 1)
    report = validating.report_of(row)
    assert report.signatures[0].signer == "Νίκος Παπαδόπουλος (TEST)"
    with signing_office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        etsi = documents.rendition(session, file.id, validating.ETSI_REPORT)
        kept = documents.rendition(session, file.id, validating.JSON_REPORT)
    assert etsi is not None
    assert kept is not None
    assert b"total-passed" in signing_office.store.read(etsi.sha256)
    assert '"verdict": "valid"' in signing_office.store.read(kept.sha256).decode()


def test_a_changed_file_is_invalid(signing_office: Office, town: Town) -> None:
    pdf = bytearray(signed_paper(signing_office, town))
    place = pdf.index(b"stream") + 20
    pdf[place] ^= 1
    row = found(signing_office, came(signing_office, town, bytes(pdf)))
    assert (row.verdict, row.state) == ("invalid", "done")


def test_a_stranger_is_not_confirmed_until_his_authority_is_trusted(
    signing_office: Office, town: Town, keys: Keys
) -> None:
    root = keys.roots.read_bytes()
    pdf = signed_paper(signing_office, town)
    signing_office.settings.trust_roots.write_bytes(b"")  # type: ignore[union-attr]
    try:
        entry_id = came(signing_office, town, pdf)
        assert found(signing_office, entry_id).verdict == "unconfirmed"
        with signing_office.db.begin() as session:
            administrator = town.person(session, "administrator")
            added = trust.add(session, root, by=administrator)
            clerk = town.person(session, "clerk")
            file = documents.file_at(session, entry_id, 1)
            validating.again(session, file.id, by=clerk)
        run_jobs(signing_office, "signatures.validate")
        assert found(signing_office, entry_id).verdict == "valid"
        with signing_office.db.begin() as session:
            for one in added:
                trust.withdraw(session, one.fingerprint, by=administrator)
            assert trust.of_body(session, town.body_id) == []
        assert trust.roots(signing_office, town.body_id) == []
    finally:
        keys.roots.write_bytes(root)


def test_only_an_administrator_says_whom_the_body_trusts(
    office: Office, town: Town, keys: Keys
) -> None:
    with office.db.begin() as session:
        clerk, administrator = town.person(session, "clerk"), town.person(session, "administrator")
        with pytest.raises(NotAllowed):
            trust.add(session, keys.roots.read_bytes(), by=clerk)
        with pytest.raises(signatures.BadRoot):
            trust.add(session, b"no certificate", by=administrator)
        with pytest.raises(signatures.NoSuchRoot):
            trust.withdraw(session, "0" * 64, by=administrator)


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"%PDF-1.7 broken", "α.pdf"), (b"<Signature/>", "β.xml"), (b"MII", "γ.p7m")],
)
def test_a_file_that_cannot_be_judged_is_not_called_valid(
    signing_office: Office, town: Town, data: bytes, name: str
) -> None:
    row = found(signing_office, came(signing_office, town, data, name))
    assert row.state == "done"
    assert row.verdict in ("invalid", "unsigned", "unconfirmed")
    assert row.integrity != "intact"


def test_an_unsigned_file_makes_no_report(signing_office: Office, town: Town) -> None:
    row = found(signing_office, came(signing_office, town, paper()))
    assert (row.verdict, row.signatures) == ("unsigned", 0)


def test_a_picture_bears_no_signature(office: Office, town: Town) -> None:
    upload = factories.uploaded(office, b"\x89PNG\r\n\x1a\n", "a.png")
    with office.db.begin() as session:
        entry = factories.letter(session, town, upload)
        file = documents.file_at(session, entry.id, 1)
        validating.ask_for(session, file)
        by = town.person(session, "clerk")
        with pytest.raises(signatures.NoReport):
            validating.again(session, file.id, by=by)


def test_every_reason_and_verdict_of_the_check_has_its_words() -> None:
    from signing.reasons import MEANING
    from signing.report import Integrity, Kind, Trust, Verdict

    assert set(verdicts.REASONS) == set(MEANING)
    assert set(verdicts.WORDS) == set(verdicts.SENTENCES) == {one.value for one in Verdict}
    assert set(verdicts.INTEGRITY) == {one.value for one in Integrity}
    assert set(verdicts.TRUST) == {one.value for one in Trust}
    assert set(verdicts.KINDS) == {one.value for one in Kind}


def test_an_exact_copy_states_who_issued_it_and_holds_the_original(
    signing_office: Office, town: Town
) -> None:
    done = issued(signing_office, town)
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
        file = documents.file_at(session, done.entry_id or 0, 2)
        source = signatures.lasting.current(session, file.sha256)
    wanted = NewCopy(CopyKind.EXACT, 2, purpose="Για δικαστική χρήση")
    copy = copies.issue(signing_office, done.entry_id or 0, wanted, by=clerk)
    pdf = signing_office.store.read(copy.sha256)
    with pypdfium2.PdfDocument(pdf) as opened:
        said = " ".join(page.get_textpage().get_text_range() for page in opened)
    said = " ".join(said.split())
    for words in (
        "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ",
        "Μαρία Νικολάου",
        "Υπάλληλος Πρωτοκόλλου",
        "Για δικαστική χρήση",
        "Άννα Βλάχου (TEST)",
        registry.codes.shown(copy.code),
    ):
        assert words in said
    with pikepdf.open(BytesIO(pdf)) as opened:
        [name] = opened.attachments
        assert opened.attachments[name].get_file().read_bytes() == signing_office.store.read(source)
    roots = trust.of_installation(signing_office.settings)
    report = signing.validate(pdf, trust_roots=roots)
    assert (report.verdict, report.signatures[0].kind) == ("valid", "seal")
    with signing_office.db.begin() as session:
        assert [one.position for one in copies.of_entry(session, done.entry_id or 0)] == [1]
        answer = citizens.by_code(session, registry.codes.shown(copy.code))
    assert (answer.answer, answer.file_kind) == ("issued", "exact-copy")
    known = citizens.by_file(signing_office, pdf, copy.sha256)
    assert (known.answer, known.file_kind) == ("issued", "exact-copy")


def test_copies_are_numbered_and_for_the_registry_only(signing_office: Office, town: Town) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk, secretary = town.person(session, "clerk"), town.person(session, "secretary")
    issued_copies = [copies.issue(signing_office, entry_id, EXACT, by=clerk) for _ in range(2)]
    assert [copy.position for copy in issued_copies] == [1, 2]
    with pytest.raises(signatures.NotYoursToCopy):
        copies.issue(signing_office, entry_id, EXACT, by=secretary)


def test_a_digitised_copy_says_where_the_paper_is_and_until_when(
    signing_office: Office, town: Town
) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    with pytest.raises(signatures.BadCopy, match="where the paper"):
        copies.issue(signing_office, entry_id, NewCopy(CopyKind.DIGITISED, 1), by=clerk)
    today = clock.today()
    early = NewCopy(
        CopyKind.DIGITISED, 1, paper_place="Ράφι 3", destroy_after=today + timedelta(days=300)
    )
    with pytest.raises(signatures.BadCopy, match="five years"):
        copies.issue(signing_office, entry_id, early, by=clerk)
    wanted = NewCopy(CopyKind.DIGITISED, 1, paper_place="Ράφι 3, φάκελος 12")
    copy = copies.issue(signing_office, entry_id, wanted, by=clerk)
    assert copy.destroy_after == copies.five_years_on(today)
    with signing_office.db.begin() as session:
        due = copies.papers_due(session, town.body_id, before=today + timedelta(days=366 * 5 + 1))
        assert [one.id for one in due] == [copy.id]
        assert copies.papers_due(session, town.body_id, before=today) == []


def test_nobody_certifies_a_document_that_was_changed(signing_office: Office, town: Town) -> None:
    pdf = bytearray(signed_paper(signing_office, town))
    place = pdf.index(b"A letter of the town") if b"A letter of the town" in pdf else 2000
    pdf[place] ^= 1
    entry_id = came(signing_office, town, bytes(pdf))
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    with pytest.raises(signatures.NotCopyable, match="do not hold"):
        copies.issue(signing_office, entry_id, EXACT, by=clerk)


def test_where_the_seal_is_elsewhere_the_signer_makes_the_copy(
    signing_office: Office, town: Town
) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk, secretary = town.person(session, "clerk"), town.person(session, "secretary")
    settings = signing_office.settings.model_copy(update={"seal_key": None})
    web = replace(signing_office, settings=settings)
    with pytest.raises(signatures.NotYoursToCopy):
        copies.order(web, entry_id, EXACT, by=secretary)
    assert copies.order(web, entry_id, EXACT, by=clerk) is None
    run_jobs(signing_office, "signatures.issue-copy")
    with signing_office.db.begin() as session:
        [made] = copies.of_entry(session, entry_id)
    assert (made.name, made.purpose) == ("Μαρία Νικολάου", "Για δικαστική χρήση")


def test_an_order_is_done_once_though_its_worker_died_at_the_end(
    signing_office: Office, town: Town
) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    settings = signing_office.settings.model_copy(update={"seal_key": None})
    copies.order(replace(signing_office, settings=settings), entry_id, EXACT, by=clerk)
    [job_id] = waiting_jobs(signing_office, "signatures.issue-copy")
    args = dict(job(signing_office, job_id).args)
    copies.issue_ordered(outbox.Run(signing_office, job_id, 1), **args)  # and dies: not marked done
    run_jobs(signing_office, "signatures.issue-copy")
    with signing_office.db.begin() as session:
        [made] = copies.of_entry(session, entry_id)
        events = [one.action for one in audit.history(session, [("entry", entry_id)])]
    assert made.code == args["code"]
    assert events.count("entry.copy-ordered") == 1
    assert events.count("entry.copy-issued") == 1


def test_the_number_on_a_copy_is_the_one_in_the_log(
    signing_office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague's copy is issued while this one is printed: it is printed again."""
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    real, printed = printing.certified_copy, list[int]()

    def interrupted(original: bytes, data: printing.CertifiedData) -> printing.Letter:
        printed.append(data.position)
        if len(printed) == 1:
            copies.issue(signing_office, entry_id, EXACT, by=clerk)
        return real(original, data)

    monkeypatch.setattr(printing, "certified_copy", interrupted)
    mine = copies.issue(signing_office, entry_id, EXACT, by=clerk)
    assert printed == [1, 1, 2]
    assert mine.position == 2
    with signing_office.db.begin() as session:
        assert [one.position for one in copies.of_entry(session, entry_id)] == [1, 2]


def test_an_entry_of_which_copies_are_issued_all_the_time_is_left_for_later(
    signing_office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    real, others = copies._next, iter(range(1, 100))
    monkeypatch.setattr(copies, "_next", lambda *_: next(others))
    with pytest.raises(signatures.CopiesAtOnce):
        copies.issue(signing_office, entry_id, EXACT, by=clerk)
    monkeypatch.setattr(copies, "_next", real)
    with signing_office.db.begin() as session:
        assert copies.of_entry(session, entry_id) == []


def test_a_locked_pdf_is_not_copied(signing_office: Office, town: Town) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        written = BytesIO()
        pdf.save(written, encryption=pikepdf.Encryption(owner="o", user="u"))
    entry_id = came(signing_office, town, written.getvalue())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    with pytest.raises(signatures.NotCopyable):
        copies.issue(signing_office, entry_id, EXACT, by=clerk)


def test_nothing_is_copied_of_an_annulled_entry(signing_office: Office, town: Town) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        factories.annulled(session, town, entry_id)
        clerk = town.person(session, "clerk")
    with pytest.raises(registry.AlreadyAnnulled):
        copies.issue(signing_office, entry_id, EXACT, by=clerk)


def test_the_log_of_copies_is_written_once(signing_office: Office, town: Town) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        clerk = town.person(session, "clerk")
    copies.issue(signing_office, entry_id, EXACT, by=clerk)
    with (
        pytest.raises(Exception, match="permission denied"),
        signing_office.db.begin() as session,
    ):
        session.execute(text("UPDATE exact_copies SET purpose = 'άλλο'"))


def test_the_stamp_says_what_the_body_wants(signing_office: Office, town: Town) -> None:
    style = stamps.Style(
        heading="ΥΠΕΓΡΑΦΗ ΨΗΦΙΑΚΑ", lines=("{body}", "Őrült ű · Příliš žluťoučký"), note="{issuer}"
    )
    with signing_office.db.begin() as session:
        stamps.save(session, style, by=town.person(session, "administrator"))
        by = town.person(session, "mayor")
    for turn in (0, 90, 180, 270):
        with signatures.opened(
            signing_office, by=by, secrets=signatures.Secrets(password=KEY_PASSWORD)
        ) as hand:
            pdf = hand(paper(rotate=turn), order()).pdf
        with pypdfium2.PdfDocument(pdf) as opened:
            opened.init_forms()
            page = opened[0]
            width, height = page.get_size()
            assert (width > height) == (turn in (90, 270))
            assert page.render(scale=1, may_draw_forms=True).to_numpy().min() < 128
        with pikepdf.open(BytesIO(pdf)) as opened_again:
            widget = opened_again.pages[0].Annots[0]
            assert "/AP" in widget
            x0, y0, x1, y1 = (float(n) for n in widget.Rect)
            size = (x1 - x0, y1 - y0)
            assert size == ((200, 70) if turn in (0, 180) else (70, 200))


@pytest.mark.parametrize(
    ("style", "field"),
    [
        (stamps.Style(heading="x" * 121), "heading"),
        (stamps.Style(lines=("1", "2", "3", "4", "5")), "lines"),
        (stamps.Style(lines=("{password}",)), "lines"),
        (stamps.Style(note="{name.__class__}"), "note"),
        (stamps.Style(note="{name"), "note"),
    ],
)
def test_a_stamp_that_cannot_be_printed_is_refused(
    office: Office, town: Town, style: stamps.Style, field: str
) -> None:
    with office.db.begin() as session, pytest.raises(signatures.BadStamp) as refused:
        stamps.save(session, style, by=town.person(session, "administrator"))
    assert refused.value.field == field


def test_a_programs_token_does_what_its_scopes_name(signing_office: Office, town: Town) -> None:
    entry_id = came(signing_office, town, paper())
    with signing_office.db.begin() as session:
        administrator = town.person(session, "administrator")
        reader = replace(administrator, scopes=frozenset({"read"}))
        clerk = town.person(session, "clerk")
        file_id = documents.file_at(session, entry_id, 1).id
        with pytest.raises(NotAllowed, match="administer"):
            stamps.save(session, stamps.Style(), by=reader)
        with pytest.raises(NotAllowed, match="administer"):
            trust.add(session, b"no certificate", by=reader)
        with pytest.raises(NotAllowed, match="administer"):
            trust.withdraw(session, "0" * 64, by=reader)
        with pytest.raises(NotAllowed, match="register"):
            validating.again(session, file_id, by=replace(clerk, scopes=frozenset({"read"})))
        validating.again(session, file_id, by=replace(clerk, scopes=frozenset({"route"})))


def test_only_an_administrator_changes_the_stamps(office: Office, town: Town) -> None:
    with office.db.begin() as session, pytest.raises(NotAllowed):
        stamps.save(session, stamps.Style(), by=town.person(session, "mayor"))
