"""Two parties that are one: entries keep their words, links follow, and it can be undone."""

import pytest
from sqlalchemy.orm import Session

from docflow import audit, parties, registry
from docflow.parties import Contact, directory, merging
from docflow.principal import Principal
from tests import factories
from tests.docflow.parties.test_directory import by, data_of, known  # noqa: F401  # fixture
from tests.factories import Town

WHY = "Ίδιο πρόσωπο, ταυτότητα ΑΒ 1"


def test_entries_keep_their_words_and_are_found_at_the_survivor(
    session: Session,
    town: Town,
    by: Principal,  # noqa: F811
) -> None:
    entry = factories.letter(session, town, sender=Contact("Γ. Λιάπης", email="l@example.gr"))
    kept = known(session, by, "Γεώργιος Λιάπης", tax_number="090000045")
    assert entry.sender_party_id is not None
    merging.merge(session, entry.sender_party_id, kept.id, reason=WHY, by=by)
    session.flush()
    assert registry.current(session, entry).sender_name == "Γ. Λιάπης"
    assert [line.id for line in registry.of_party(session, kept.id, by=by)] == [entry.id]
    assert kept.email == "l@example.gr"  # what it lacked
    assert parties.family(session, kept.id) == [kept.id, entry.sender_party_id]
    [event] = audit.history(session, [("party", entry.sender_party_id)])
    assert (event.action, event.details["reason"]) == ("party.merged", WHY)


def test_a_merged_name_leads_to_the_survivor_from_now_on(
    session: Session,
    town: Town,
    by: Principal,  # noqa: F811
) -> None:
    old, kept = known(session, by, "Γ. Λιάπης"), known(session, by, "Γεώργιος Λιάπης")
    merging.merge(session, old.id, kept.id, reason=WHY, by=by)
    session.flush()
    assert [one.id for one in parties.suggest(session, "λιαπης", by=by)] == [kept.id]
    entry = factories.letter(session, town, sender=Contact("Γ. Λιάπης"))
    assert (entry.sender_party_id, entry.sender_name) == (kept.id, "Γ. Λιάπης")


def test_a_merge_is_taken_back_with_what_it_filled(
    session: Session,
    town: Town,
    by: Principal,  # noqa: F811
) -> None:
    old = known(session, by, "Γ. Λιάπης", email="l@example.gr", address="Ερμού 1")
    kept = known(session, by, "Γεώργιος Λιάπης")
    merging.merge(session, old.id, kept.id, reason=WHY, by=by)
    directory.edit(session, kept.id, data_of(kept, address="Ερμού 2"), by=by)
    merging.separate(session, old.id, reason="Είναι δύο", by=by)
    session.flush()
    assert old.merged_into_id is None
    assert (kept.email, kept.address) == ("", "Ερμού 2")  # what a person wrote meanwhile stays
    assert parties.family(session, kept.id) == [kept.id]
    assert [one.kind for one in directory.changes(session, [old.id])] == ["separated", "merged"]
    with pytest.raises(parties.NotMergeable):
        merging.separate(session, old.id, reason="Ξανά", by=by)


def test_a_chain_of_merges_leads_to_its_end(session: Session, by: Principal) -> None:  # noqa: F811
    one, two, three = (known(session, by, f"Λιάπης {n}") for n in "ΑΒΓ")
    merging.merge(session, one.id, two.id, reason=WHY, by=by)
    merging.merge(session, two.id, three.id, reason=WHY, by=by)
    session.flush()
    assert parties.survivor(session, one).id == three.id
    assert set(parties.family(session, three.id)) == {one.id, two.id, three.id}
    with pytest.raises(parties.NotMergeable):  # no circle
        merging.merge(session, three.id, one.id, reason=WHY, by=by)
    with pytest.raises(parties.PartyMerged):
        directory.edit(session, one.id, data_of(one, phone="1"), by=by)


def test_what_is_not_one_is_not_merged(session: Session, by: Principal) -> None:  # noqa: F811
    one = known(session, by, "Λιάπης Α", tax_number="090000045")
    two = known(session, by, "Λιάπης Β", tax_number="094014201")
    bare = known(session, by, "Λιάπης Γ")
    for party_id, into_id in ((one.id, two.id), (one.id, one.id), (one.id, bare.id)):
        with pytest.raises(parties.NotMergeable):
            merging.merge(session, party_id, into_id, reason=WHY, by=by)
    with pytest.raises(parties.MergeReasonMissing):
        merging.merge(session, bare.id, one.id, reason=" ", by=by)
    with pytest.raises(parties.NoSuchParty):
        merging.merge(session, bare.id, 0, reason=WHY, by=by)


def test_likely_duplicates_are_suggested(session: Session, by: Principal) -> None:  # noqa: F811
    one = known(session, by, "Παπαδόπουλος Γεώργιος", tax_number="090000045")
    turned = known(session, by, "ΓΕΩΡΓΙΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", email="g@example.gr")
    mail = known(session, by, "Γ. Παπαδόπουλος", email="g@example.gr")
    number = known(session, by, "Παπαδόπουλος", tax_number="090000045")
    other = known(session, by, "Παπαδόπουλος  Γεώργιος", tax_number="094014201")
    found = merging.duplicates(session, by=by)
    assert [(one.why, {party.id for party in one.parties}) for one in found] == [
        ("tax-number", {one.id, number.id}),
        ("email", {turned.id, mail.id}),
    ]
    similar = {party.id for party in merging.similar(session, turned)}
    assert {one.id, mail.id, other.id} <= similar
    assert other.id not in {party.id for party in merging.similar(session, one)}  # another ΑΦΜ


def test_the_same_words_in_another_order_are_suggested(
    session: Session,
    by: Principal,  # noqa: F811
) -> None:
    one, turned = known(session, by, "Άννα Ρόκα"), known(session, by, "ΡΟΚΑ ΑΝΝΑ")
    [found] = merging.duplicates(session, by=by)
    assert (found.why, {party.id for party in found.parties}) == ("name", {one.id, turned.id})


def test_what_was_handed_on_along_a_chain_goes_with_the_separation(
    session: Session,
    by: Principal,  # noqa: F811
) -> None:
    one = known(session, by, "Λιάπης Α", email="l@example.gr", address="Ερμού 1")
    two, three = known(session, by, "Λιάπης Β"), known(session, by, "Λιάπης Γ", address="Αθηνάς 2")
    merging.merge(session, one.id, two.id, reason=WHY, by=by)
    merging.merge(session, two.id, three.id, reason=WHY, by=by)
    assert three.email == "l@example.gr"
    merging.separate(session, one.id, reason="Είναι δύο", by=by)
    session.flush()
    assert (two.email, two.address) == ("", "")
    assert (three.email, three.address) == ("", "Αθηνάς 2")
    assert (one.email, one.merged_into_id, two.merged_into_id) == ("l@example.gr", None, three.id)
