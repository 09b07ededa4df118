"""Case files: codes, covers, sub-files, what lies in them, closing; and who may see what."""

import pytest
from sqlalchemy.exc import IntegrityError

from docflow import audit, case_files, registry, routing
from docflow.case_files import classes, masks
from docflow.case_files.models import Item
from docflow.organization import work
from docflow.principal import NotAllowed
from tests import factories
from tests.docflow import steps
from tests.docflow.case_files.conftest import Desk
from tests.factories import ZONE


def test_codes_follow_the_mask_by_unit_and_year(desk: Desk) -> None:
    year = desk.open().year
    assert desk.open().code == f"Φ.ΟΔΟΠ/2/{year}"
    assert desk.open(by="clerk", unit="ΝΟΜ").code == f"Φ.ΝΟΜ/1/{year}"
    by = desk.person("administrator")
    masks.set_mask(desk.session, "Φ.{class}/{unit}-{n:03}/{yy}", by=by)
    assert desk.open().code == f"Φ.20.3/ΟΔΟΠ-003/{year % 100}"
    with pytest.raises(masks.ClassMissing):
        desk.open(class_code="")
    masks.set_mask(desk.session, "Φ{n}/{year}", by=by)
    assert [desk.open().code, desk.open(by="clerk", unit="ΝΟΜ").code] == [
        f"Φ1/{year}",
        f"Φ2/{year}",
    ]


def test_a_code_that_another_mask_gave_is_passed_over(desk: Desk) -> None:
    by = desk.person("administrator")
    masks.set_mask(desk.session, "ΟΔΟΠ/{n}/{year}", by=by)
    taken = desk.open().code
    masks.set_mask(desk.session, "{unit}/{n}/{year}", by=by)
    assert desk.open().code != taken


@pytest.mark.parametrize(
    "mask", ["", "{n}", "{year}", "{n}/{year}{", "{what}/{n}/{year}", "α" * 61]
)
def test_a_mask_that_tells_no_files_apart_is_refused(desk: Desk, mask: str) -> None:
    with pytest.raises(masks.BadCodeMask):
        masks.set_mask(desk.session, mask, by=desk.person("administrator"))


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"title": " "}, case_files.BadCaseFile, "title"),
        ({"title": "α" * 301}, case_files.BadCaseFile, "title"),
        ({"paper_place": "α" * 201}, case_files.BadCaseFile, "paper_place"),
        ({"class_code": "99"}, classes.ClassNotInForce, "class_code"),
        ({"responsible_id": 10**9}, case_files.BadCaseFile, "responsible_id"),
        ({"unit": "ΝΟΜ"}, NotAllowed, None),
    ],
)
def test_a_cover_that_is_not_right_is_refused(
    desk: Desk, changes: dict[str, object], error: type[Exception], field: str | None
) -> None:
    with pytest.raises(error) as caught:
        desk.open(**changes)
    if field:
        assert caught.value.field == field  # type: ignore[attr-defined]


def test_what_lies_in_a_file_is_counted_through_and_told_by_the_entry(desk: Desk) -> None:
    file, one, other = desk.open(), desk.letter(), desk.letter()
    desk.file(file, one, pages=3)
    desk.file(file, other, pages=2)
    by = desk.person("engineer")
    contents = case_files.contents(desk.session, file.id, by=by)
    assert [(c.number, c.first, c.last) for c in contents] == [(1, 1, 3), (2, 4, 5)]
    second = case_files.contents(desk.session, file.id, by=by, offset=1, limit=1)
    assert [(c.number, c.first, c.line.id) for c in second] == [(2, 4, other.id)]
    [placed] = case_files.of_entry(desk.session, one.id, by=by)
    assert (placed.file.code, placed.filed_by) == (file.code, "Άννα Βλάχου")
    actions = [line.action for line in audit.history(desk.session, [("entry", one.id)])]
    assert actions[-2:] == ["entry.classified", "entry.put-in-file"]
    assert classes.of_entries(desk.session, [one.id])[one.id].code == "20.3"


def test_an_entry_belongs_to_one_file_and_is_named_in_others(desk: Desk) -> None:
    file, other, entry = desk.open(), desk.open(), desk.letter()
    desk.file(file, entry)
    with pytest.raises(case_files.AlreadyInCaseFile, match=file.code):
        desk.file(other, entry)
    with pytest.raises(case_files.AlreadyInCaseFile, match="this case file"):
        desk.file(file, entry)
    desk.file(other, entry, kind=case_files.ItemKind.REFERENCE, pages=9)
    [named] = case_files.contents(desk.session, other.id, by=desk.person("engineer"))
    assert (named.kind, named.pages) == ("reference", 0)


def test_what_is_moved_keeps_its_way_and_whoever_comes_second_is_told(desk: Desk) -> None:
    file, other, entry = desk.open(), desk.open(), desk.letter()
    item = desk.file(file, entry, pages=4)
    by = desk.person("engineer")
    with pytest.raises(case_files.CaseFileReason):
        case_files.move(desk.session, item.id, other.id, reason=" ", by=by, zone=ZONE)
    moved = case_files.move(
        desk.session, item.id, other.id, reason="Άλλη υπόθεση", by=by, zone=ZONE
    )
    assert (item.end_kind, item.reason, item.moved_to) == ("moved", "Άλλη υπόθεση", moved.id)
    assert moved.pages == 4
    late = desk.person("colleague")
    for act in (
        lambda: case_files.move(desk.session, item.id, other.id, reason="x", by=late, zone=ZONE),
        lambda: case_files.take_out(desk.session, item.id, reason="x", by=late),
        lambda: case_files.recount(desk.session, item.id, 7, by=late),
    ):
        with pytest.raises(
            case_files.MovedMeanwhile, match=f"Άννα Βλάχου moved it to {other.code}"
        ):
            act()
    case_files.take_out(desk.session, moved.id, reason="Κατά λάθος", by=late)
    assert case_files.of_entry(desk.session, entry.id, by=by) == []
    desk.file(file, entry)  # and may be filed again
    events = audit.history(desk.session, [("entry", entry.id)])
    assert [e.action for e in events if "file" in e.action] == [
        "entry.put-in-file",
        "entry.moved-to-file",
        "entry.taken-out-of-file",
        "entry.put-in-file",
    ]
    assert "Άλλη υπόθεση" not in str([e.details for e in events])


def test_the_database_keeps_where_an_entry_lay(desk: Desk) -> None:
    item = desk.file(desk.open(), desk.letter())
    case_files.take_out(desk.session, item.id, reason="Λάθος", by=desk.person("engineer"))
    row = desk.session.get_one(Item, item.id)
    row.ended_at = row.end_kind = None
    with pytest.raises(IntegrityError, match="not rewritten"):
        desk.session.flush()


def test_a_closed_file_takes_and_gives_nothing(desk: Desk) -> None:
    file, other, entry = desk.open(responsible_id=desk.town.users["engineer"]), desk.open(), None
    entry = desk.letter()
    item = desk.file(file, entry)
    by = desk.person("engineer")
    with pytest.raises(case_files.OpenItems, match=entry.label):
        case_files.close(desk.session, file.id, version=file.version, by=by)
    case_files.close(desk.session, file.id, version=file.version, by=by, reason="Συνεχίζεται αλλού")
    refused = (
        lambda: desk.file(file, desk.letter()),
        lambda: case_files.take_out(desk.session, item.id, reason="x", by=by),
        lambda: case_files.move(desk.session, item.id, other.id, reason="x", by=by, zone=ZONE),
        lambda: desk.open(parent_id=file.id),
        lambda: case_files.close(desk.session, file.id, version=None, by=by, reason="x"),
    )
    for act in refused:
        with pytest.raises(case_files.CaseFileClosed, match="Άννα Βλάχου"):
            act()
    with pytest.raises(case_files.CaseFileReason):
        case_files.reopen(desk.session, file.id, version=file.version, by=by, reason="")
    case_files.reopen(desk.session, file.id, version=file.version, by=by, reason="Νέο έγγραφο")
    desk.file(file, desk.letter())
    with pytest.raises(case_files.NotClosed):
        case_files.reopen(desk.session, file.id, version=None, by=by, reason="x")


def test_a_file_whose_work_is_done_is_closed_without_a_reason(desk: Desk) -> None:
    file, entry = desk.open(), desk.letter()
    desk.file(file, entry)
    routing.file(desk.session, entry.id, by=desk.person("engineer"), reason="Για το αρχείο")
    case_files.close(desk.session, file.id, version=None, by=desk.person("director"))
    assert file.closed_at is not None


def test_sub_files_have_two_levels_and_never_lie_in_a_circle(desk: Desk) -> None:
    top = desk.open()
    sub = desk.open(parent_id=top.id)
    deep = desk.open(parent_id=sub.id)
    assert [sub.code, deep.code] == [f"{top.code}.1", f"{top.code}.1.1"]
    by = desk.person("engineer")
    with pytest.raises(case_files.CannotLieThere, match="two levels"):
        desk.open(parent_id=deep.id)
    for target in (top, sub, deep):
        with pytest.raises(case_files.CannotLieThere, match="under itself"):
            case_files.put_under(desk.session, top.id, target.id, version=None, by=by)
    other = desk.open()
    with pytest.raises(case_files.CannotLieThere, match="two levels"):
        case_files.put_under(desk.session, top.id, other.id, version=None, by=by)
    case_files.put_under(desk.session, sub.id, None, version=None, by=by)
    assert (sub.depth, deep.depth) == (0, 1)
    with pytest.raises(case_files.CannotLieThere, match="by itself already"):
        case_files.put_under(desk.session, sub.id, None, version=None, by=by)
    case_files.put_under(desk.session, sub.id, other.id, version=None, by=by)
    assert (sub.parent_id, sub.depth, deep.depth) == (other.id, 1, 2)
    with pytest.raises(case_files.CannotLieThere, match="lies there already"):
        case_files.put_under(desk.session, sub.id, other.id, version=None, by=by)
    with pytest.raises(case_files.SubFilesOpen, match=sub.code):
        case_files.close(desk.session, other.id, version=None, by=desk.person("director"))


def test_who_saw_an_older_cover_is_told_who_changed_it(desk: Desk) -> None:
    file, seen = desk.open(), 1
    cover = case_files.Cover("Νέος τίτλος", file.unit_id, "20.3", paper_place="Ράφι 3")
    changed = case_files.amend(
        desk.session, file.id, cover, version=seen, by=desk.person("engineer"), zone=ZONE
    )
    assert (changed.version, changed.paper_place) == (2, "Ράφι 3")
    late = desk.person("colleague")
    with pytest.raises(case_files.CaseFileChanged, match="Άννα Βλάχου"):
        case_files.amend(desk.session, file.id, cover, version=seen, by=late, zone=ZONE)
    [event] = [
        line
        for line in audit.history(desk.session, [("case-file", file.id)])
        if line.action == "case-file.changed"
    ]
    assert event.details == {"fields": ["paper_place", "title"]}


def test_files_are_open_to_unit_registry_and_heads_alone(desk: Desk) -> None:
    file = desk.open()
    for username in ("engineer", "colleague", "director", "clerk", "registrar", "auditor"):
        assert case_files.get(desk.session, file.id, by=desk.person(username)).id == file.id
    for username in ("lawyer", "mayor", "administrator", "confidant"):
        by = desk.person(username)
        with pytest.raises(case_files.NoSuchCaseFile):
            case_files.get(desk.session, file.id, by=by)
        assert case_files.count(desk.session, case_files.Wanted(), by=by) == 0
        assert case_files.find(desk.session, "επισκευες", by=by) == []
    entry = desk.letter()
    with pytest.raises(case_files.NotYourCaseFile):
        desk.file(file, entry, by="auditor")


def test_a_confidential_file_is_open_to_whom_it_is_given(desk: Desk) -> None:
    file = desk.open(is_confidential=True, responsible_id=desk.town.users["colleague"])
    sub = desk.open(parent_id=file.id, by="colleague")
    assert sub.is_confidential
    for username in ("clerk", "registrar", "auditor", "engineer"):
        with pytest.raises(case_files.NoSuchCaseFile):
            case_files.get(desk.session, file.id, by=desk.person(username))
    assert case_files.may_close(desk.person("director"), file)
    entry = desk.letter()
    desk.file(file, entry, by="colleague")
    clerk = desk.person("clerk")
    assert case_files.of_entry(desk.session, entry.id, by=clerk) == []
    assert case_files.codes_open_to(desk.session, [file.id], by=clerk) == {}
    with pytest.raises(case_files.AlreadyInCaseFile) as caught:
        desk.file(desk.open(by="clerk"), entry, by="clerk")
    assert file.code not in str(caught.value)


def test_nobody_hides_a_file_of_others_under_a_confidential_one_of_his(desk: Desk) -> None:
    file = desk.open(responsible_id=desk.town.users["colleague"])
    secret = desk.open(is_confidential=True, responsible_id=desk.town.users["engineer"])
    with pytest.raises(case_files.NotYourCaseFile):
        case_files.put_under(
            desk.session, file.id, secret.id, version=None, by=desk.person("engineer")
        )
    assert (file.is_confidential, file.parent_id) == (False, None)
    own = desk.open(responsible_id=desk.town.users["engineer"])
    case_files.put_under(desk.session, own.id, secret.id, version=None, by=desk.person("engineer"))
    assert own.is_confidential


def test_what_is_not_open_is_neither_shown_nor_counted_nor_leaves_a_gap(desk: Desk) -> None:
    """Of other units’ documents the number may be told; of confidential ones nothing."""
    file = desk.open(by="clerk")
    hidden = desk.letter(to=None)
    secret = factories.secret_letter(desk.session, desk.town)
    graded = factories.letter(desk.session, desk.town, grade=registry.Grade.CONFIDENTIAL)
    mine = desk.letter()
    for entry in (hidden, mine):
        desk.file(file, entry, by="clerk", pages=2)
    for entry in (secret, graded):  # as somebody who may see them files them
        desk.session.add(Item(case_file_id=file.id, entry_id=entry.id, kind="main", position=1))
    desk.session.flush()
    by = desk.person("engineer")
    known = case_files.details(desk.session, file, by=by)
    assert (known.documents, known.not_open) == (1, 1)
    [shown] = case_files.contents(desk.session, file.id, by=by)
    assert (shown.number, shown.first, shown.line.id) == (1, 1, mine.id)
    assert [label for _, label in case_files.filings(desk.session, file.id, by=by)] == [mine.label]
    registrar = case_files.details(desk.session, file, by=desk.person("registrar"))
    assert (registrar.documents, registrar.not_open) == (2, 0)
    assert case_files.open_items(desk.session, file.id, by=by) == [mine.label]


def test_an_annulled_entry_is_not_filed(desk: Desk) -> None:
    entry = desk.letter(to=None)
    factories.annulled(desk.session, desk.town, entry.id)
    with pytest.raises(registry.AlreadyAnnulled):
        desk.file(desk.open(by="clerk"), entry, by="clerk")


@pytest.mark.parametrize("pages", [-1, 100_000])
def test_pages_are_a_sensible_number(desk: Desk, pages: int) -> None:
    with pytest.raises(case_files.BadPageCount):
        desk.file(desk.open(), desk.letter(), pages=pages)


def test_the_answer_to_a_letter_goes_into_its_file_by_itself(desk: Desk) -> None:
    file, letter = desk.open(), desk.letter()
    desk.file(file, letter)
    answer = registry.register(
        desk.session,
        registry.NewEntry(
            direction=registry.Direction.OUTGOING,
            subject="Απάντηση",
            recipients=(factories.incoming().sender,),
            relations=((letter.id, registry.Relation.ANSWERS),),
        ),
        (),
        by=desk.person("clerk"),
        zone=ZONE,
        ocr_languages=["ell"],
    )
    desk.session.flush()
    [placed] = case_files.of_entry(desk.session, answer.id, by=desk.person("clerk"))
    assert (placed.file.id, placed.filed_by) == (file.id, "")


def test_lists_are_filtered_by_words_class_state_and_person(desk: Desk) -> None:
    one = desk.open(title="Γέφυρα Αγίου Γεωργίου", responsible_id=desk.town.users["engineer"])
    two = desk.open(title="Μελέτη γεφυρών", class_code="20.4")
    sub = desk.open(title="Προσφορές", parent_id=one.id)
    by = desk.person("engineer")

    def ids(**wanted: object) -> list[int]:
        return [
            line.id for line in case_files.listing(desk.session, case_files.Wanted(**wanted), by=by)
        ]

    assert ids() == [two.id, one.id]
    assert ids(with_sub_files=True) == [sub.id, two.id, one.id]
    assert ids(words="ΓΕΦΥΡΑ αγιου") == [one.id]
    assert ids(words="100%_") == []
    assert ids(class_code="20.4") == [two.id]
    assert ids(class_code="20") == [two.id, one.id]
    assert ids(responsible_id=by.user_id) == [one.id]
    case_files.close(desk.session, two.id, version=None, by=desk.person("director"))
    assert ids(is_open=False) == [two.id]
    assert case_files.count(desk.session, case_files.Wanted(is_open=True), by=by) == 1


def test_open_files_go_with_the_unit_and_the_person(desk: Desk) -> None:
    file = desk.open(responsible_id=desk.town.users["engineer"])
    closed = desk.open()
    case_files.close(desk.session, closed.id, version=None, by=desk.person("director"))
    [item] = [
        one
        for one in work.of_units(desk.session, [desk.town.units["ΟΔΟΠ"]])
        if one.carrier == "case-file"
    ]
    work.move(
        desk.session,
        item,
        work.Place(desk.town.units["ΝΟΜ"]),
        by=desk.person("administrator"),
    )
    assert (file.unit_id, file.responsible_id) == (desk.town.units["ΝΟΜ"], None)
    assert case_files.get(desk.session, file.id, by=desk.person("lawyer")).id == file.id
    assert closed.unit_id == desk.town.units["ΟΔΟΠ"]


def test_a_list_costs_the_same_however_many_files_it_has(desk: Desk) -> None:
    def cost() -> int:
        with steps.watched(desk.session) as statements:
            case_files.listing(desk.session, case_files.Wanted(), by=desk.person("clerk"))
        return len(statements)

    desk.open()
    before = cost()
    for _ in range(5):
        desk.file(desk.open(), desk.letter())
    assert cost() == before


@pytest.mark.parametrize("change", ["responsible_id", "is_confidential"])
def test_who_may_not_close_a_file_does_not_take_it(desk: Desk, change: str) -> None:
    town, by = desk.town, desk.person("engineer")
    file = desk.open(by="director", class_code="")
    value = by.person_id if change == "responsible_id" else True
    cover = case_files.Cover(file.title, file.unit_id, **{change: value})
    with pytest.raises(case_files.NotYourCaseFile, match="responsible"):
        case_files.amend(desk.session, file.id, cover, version=None, by=by, zone=ZONE)
    cover = case_files.Cover("Άλλος τίτλος", file.unit_id)
    case_files.amend(desk.session, file.id, cover, version=None, by=by, zone=ZONE)
    given = case_files.Cover(file.title, file.unit_id, responsible_id=town.users["engineer"])
    head = desk.person("director")
    case_files.amend(desk.session, file.id, given, version=None, by=head, zone=ZONE)
    secret = case_files.Cover(file.title, file.unit_id, "", by.person_id, True)
    made = case_files.amend(desk.session, file.id, secret, version=None, by=by, zone=ZONE)
    assert made.is_confidential
