"""What several addresses of one account protect: each is its owner's, and nobody is shut out of an account unseen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.accounts import (
    addresses,
    corrections,
    email_changes,
    email_undo,
    people,
    roles,
    second_factor,
    sign_in,
    tokens,
)
from services.registration.accounts.sign_in import Origin
from services.registration.errors import AddressHasAccount, CodeWrong, EmailUndoOver, PrimaryAddress, TooManyCodes
from services.registration.models import Address, Audit, EmailChange, Person, SignInCode
from services.registration.places import bookings, overview
from services.runtime.refusals import Invalid, NotAllowed, NotFound, NotSignedIn
from tests.registration.addresses import (
    HOME,
    SECRET,
    WORK,
    add,
    ask,
    codes_of,
    confirm,
    id_of,
    link_to,
    prefer,
    remove,
    shown,
    signs_in_as,
    undo,
)
from tests.registration.conftest import NOW
from tests.registration.email_changes import NEW, SETTINGS, change, told
from tests.registration.email_changes import ask as ask_for_change

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class TestAdding:
    def test_an_address_counts_once_its_code_came_back(self, db, person):
        amina = person()
        code = ask(db, amina)
        assert shown(db, amina) == [(WORK, True)]
        assert email_changes.under_way(db, amina, NOW, email_changes.ADDED)["email"] == HOME
        assert email_changes.under_way(db, amina, NOW)["email"] is None, "no change of address is under way"
        confirm(db, amina, code)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]
        assert told(db, "person_changed")["addresses"] == [WORK, HOME]

    def test_one_signs_in_with_any_of_ones_addresses_and_gets_the_code_there(self, db, person):
        amina = person()
        add(db, amina)
        assert [signs_in_as(db, email) for email in (WORK, HOME)] == [amina, amina]
        assert told(db, "sign_in_requested")["name"] == amina.name

    def test_every_other_address_is_told_and_can_take_it_back(self, db, person):
        amina = person()
        add(db, amina)
        add(db, amina, "third@example.net", NOW + MINUTE)
        event = told(db, "addresses_changed")
        assert [each["email"] for each in event["told"]] == [WORK, HOME]
        assert "third@example.net" not in str(event), "who reads a mailbox may be someone else"
        for email in (WORK, HOME):
            assert email_undo.check(db, link_to(db, email), SECRET, NOW)["email"] == email
        undo(db, link_to(db, HOME), NOW + DAY)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]

    def test_the_code_of_a_change_adds_nothing_and_the_other_way_round(self, db, person):
        amina = person()
        changing, adding = ask_for_change(db, amina), ask(db, amina)
        assert isinstance(confirm(db, amina, changing), CodeWrong)
        assert email_changes.confirm(db, amina, adding, SETTINGS, NOW) is None

    def test_an_address_of_ones_own_is_refused(self, db, person):
        amina = person()
        add(db, amina)
        for email in (WORK, HOME):
            with pytest.raises(Invalid) as refused:
                ask(db, amina, email)
            assert codes_of(refused.value) == ["same-address"]

    def test_an_account_has_five_addresses_at_most(self, db, person):
        amina = person()
        for n in range(addresses.MOST - 1):
            add(db, amina, f"a{n}@example.net", NOW + n * timedelta(hours=1))
        with pytest.raises(Invalid) as refused:
            ask(db, amina, now=NOW + DAY)
        assert codes_of(refused.value) == ["too-many-addresses"]

    def test_nobody_asks_for_many_addresses_by_adding_and_changing(self, db, person):
        amina = person()
        for n in range(3):
            ask(db, amina, f"a{n}@example.net", network=f"192.0.{n}.1")
        for n in range(2):
            ask_for_change(db, amina, f"b{n}@example.net", address=f"198.51.{n}.1")
        with pytest.raises(TooManyCodes):
            ask(db, amina, network="192.0.99.1")


class TestWhatHasAnAccount:
    def test_asking_looks_the_same_and_it_is_said_to_whoever_has_the_address(self, db, person):
        amina, ben = person(), person("ben")
        code = ask(db, amina, "ben@example.org")
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        assert isinstance(confirm(db, amina, wrong), CodeWrong), "nothing is said before"
        assert isinstance(confirm(db, amina, code), AddressHasAccount)
        assert shown(db, amina) == [(WORK, True)]
        assert addresses.owner(db, "ben@example.org") is ben

    def test_it_is_said_once(self, db, person):
        amina = person()
        person("ben")
        code = ask(db, amina, "ben@example.org")
        assert isinstance(confirm(db, amina, code), AddressHasAccount)
        assert isinstance(confirm(db, amina, code), CodeWrong)

    def test_another_address_of_an_account_is_as_much_its_own(self, db, person):
        amina, ben = person(), person("ben")
        add(db, ben, "ben@home.example")
        assert isinstance(confirm(db, amina, ask(db, amina, "ben@home.example")), AddressHasAccount)
        assert ask_for_change(db, amina, "ben@home.example", NOW + MINUTE) is None

    def test_an_account_that_was_made_meanwhile_keeps_its_address(self, db, person):
        amina = person()
        code = ask(db, amina)
        made = people.ensure_account(db, HOME, NOW)
        assert isinstance(confirm(db, amina, code), AddressHasAccount)
        assert addresses.owner(db, HOME) is made

    def test_what_another_account_can_take_back_is_not_given_away(self, db, person):
        amina, ben = person(), person("ben")
        remove(db, ben, add(db, ben, "ben@home.example"))
        refused = confirm(db, amina, ask(db, amina, "ben@home.example"))
        assert codes_of(refused) == ["address-changed"]
        with pytest.raises(Invalid):
            people.ensure_account(db, "ben@home.example", NOW + DAY)


class TestGuessing:
    def test_more_addresses_are_no_more_chances(self, db, person):
        """Six wrong codes at all addresses of an account together, and all of them get long ones."""
        amina = person()
        add(db, amina)
        now = NOW + timedelta(hours=2)
        for email in (WORK, HOME):
            sign_in.request_code(db, email, Origin("203.0.113.9"), SETTINGS, now)
            for _ in range(3):
                assert isinstance(sign_in.confirm_code(db, email, "000000", SETTINGS, now), CodeWrong)
        still_open = select(SignInCode).where(SignInCode.digits == sign_in.SHORT, SignInCode.closed_at.is_(None))
        assert db.scalars(still_open).all() == []
        assert [sign_in.digits_for(db, email, SECRET, now) for email in (WORK, HOME)] == [sign_in.LONG] * 2
        assert told(db, "sign_in_guessed")["person"] == amina.id

    def test_guesses_at_a_code_to_add_an_address_count_as_guesses_to_sign_in(self, db, person):
        amina = person()
        code = ask(db, amina)
        for _ in range(sign_in.TRIES):
            confirm(db, amina, f"{(int(code) + 1) % 10**6:06d}")
        assert isinstance(confirm(db, amina, code), CodeWrong)


class TestPreferring:
    def test_emails_go_to_the_address_that_was_chosen_and_both_stay(self, db, person):
        amina = person()
        home = add(db, amina)
        assert prefer(db, amina, home)["primary"]
        assert shown(db, amina) == [(HOME, True), (WORK, False)]
        assert told(db, "person_changed")["email"] == HOME
        event = told(db, "addresses_changed")
        assert (event["what"], [each["email"] for each in event["told"]]) == ("preferred", [WORK, HOME])
        assert signs_in_as(db, WORK) is amina

    def test_choosing_the_same_again_tells_nobody(self, db, person):
        amina = person()
        add(db, amina)
        shown(db, amina)
        version = amina.version
        prefer(db, amina, id_of(db, WORK))
        assert (amina.version, told(db, "addresses_changed")["what"]) == (version, "added")

    def test_an_address_of_someone_else_is_not_there(self, db, person):
        amina, ben = person(), person("ben")
        add(db, ben, "ben@home.example")
        for act in (prefer, remove):
            with pytest.raises(NotFound):
                act(db, amina, id_of(db, "ben@home.example"))

    def test_undoing_it_sends_emails_where_they_went_before(self, db, person):
        amina = person()
        prefer(db, amina, add(db, amina))
        undo(db, link_to(db, WORK))
        assert shown(db, amina) == [(WORK, True), (HOME, False)]
        event = told(db, "email_change_undone")
        assert (event["email"], event["others"], event["given_up"]) == (WORK, [HOME], WORK)


class TestRemoving:
    def test_nobody_signs_in_with_it_any_more_not_with_a_code_under_way_either(self, db, person):
        amina = person()
        home = add(db, amina)
        sign_in.request_code(db, HOME, Origin("198.51.100.7"), SETTINGS, NOW)
        db.flush()
        code = told(db, "sign_in_requested")["code"]
        remove(db, amina, home)
        assert isinstance(sign_in.confirm_code(db, HOME, code, SETTINGS, NOW), CodeWrong)
        assert shown(db, amina) == [(WORK, True)]

    def test_all_other_sign_ins_end(self, db, person):
        amina = person()
        home = add(db, amina)
        there, here = (tokens.issue(db, amina, NOW, "Firefox on Windows")[0] for _ in range(2))
        db.flush()
        tokens.signed_in(db, tokens.hash_of(here), NOW)
        remove(db, amina, home)
        assert tokens.signed_in(db, tokens.hash_of(here), NOW) is amina
        with pytest.raises(NotSignedIn):
            tokens.signed_in(db, tokens.hash_of(there), NOW)

    def test_the_one_that_emails_go_to_stays(self, db, person):
        amina = person()
        add(db, amina)
        shown(db, amina)
        with pytest.raises(PrimaryAddress):
            remove(db, amina, id_of(db, WORK))

    def test_the_address_itself_is_told_and_can_come_back(self, db, person):
        amina = person()
        remove(db, amina, add(db, amina))
        assert {each["email"] for each in told(db, "addresses_changed")["told"]} == {WORK, HOME}
        undo(db, link_to(db, HOME), NOW + 7 * DAY - MINUTE)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]
        assert signs_in_as(db, HOME) is amina

    def test_after_seven_days_it_is_free(self, db, person):
        amina = person()
        remove(db, amina, add(db, amina))
        with pytest.raises(EmailUndoOver):
            undo(db, link_to(db, HOME), NOW + 7 * DAY)
        assert people.ensure_account(db, HOME, NOW + 7 * DAY).id != amina.id

    def test_ones_own_can_be_added_again_at_once(self, db, person):
        amina = person()
        remove(db, amina, add(db, amina))
        add(db, amina, HOME, NOW + MINUTE)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]


class TestWhoeverGotIn:
    """They were signed in once; the owner still reads one mailbox, and nothing else."""

    def test_cannot_shut_the_owner_out_by_taking_their_address_away(self, db, person):
        amina = person()
        attackers = add(db, amina, "stranger@example.net")
        prefer(db, amina, attackers, NOW + DAY)
        remove(db, amina, id_of(db, WORK), NOW + 2 * DAY)
        token, _ = tokens.issue(db, amina, NOW, "Firefox on Windows")
        db.flush()
        link = link_to(db, WORK)
        undo(db, link, NOW + 8 * DAY)
        assert signs_in_as(db, WORK, NOW + 8 * DAY) is amina
        with pytest.raises(NotSignedIn):
            tokens.signed_in(db, tokens.hash_of(token), NOW)

    def test_has_nothing_left_once_the_first_of_it_is_undone(self, db, person):
        amina = person()
        attackers = add(db, amina, "stranger@example.net")
        first = link_to(db, WORK)
        prefer(db, amina, attackers, NOW + DAY)
        remove(db, amina, id_of(db, WORK), NOW + 2 * DAY)
        later = link_to(db, "stranger@example.net")
        undo(db, first, NOW + 3 * DAY)
        assert shown(db, amina) == [(WORK, True)]
        assert told(db, "email_change_undone")["given_up"] == "stranger@example.net"
        with pytest.raises(EmailUndoOver):
            undo(db, later, NOW + 3 * DAY)

    def test_does_not_gain_by_changing_one_address_for_another(self, db, person):
        amina = person()
        add(db, amina)
        change(db, amina, "stranger@example.net", NOW + MINUTE)
        assert shown(db, amina) == [(HOME, False), ("stranger@example.net", True)][::-1]
        undo(db, link_to(db, HOME), NOW + DAY)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]

    def test_undoing_gives_no_address_back_that_someone_else_has_by_now(self, db, person):
        amina = person()
        remove(db, amina, add(db, amina))
        link = link_to(db, HOME)
        db.add(Address(person_id=person("ben").id, email=HOME, added_at=NOW))
        db.flush()
        undo(db, link, NOW + DAY)
        assert shown(db, amina) == [(WORK, True)]

    def test_undoing_needs_the_address_that_emails_went_to(self, db, person):
        amina, ben = person(), person("ben")
        add(db, amina)
        change(db, amina, NEW)
        link = link_to(db, HOME)
        ben.email = WORK
        db.flush()
        with pytest.raises(EmailUndoOver):
            undo(db, link, NOW + DAY)

    def test_a_change_made_by_the_release_before_is_undone_beside_what_was_added_since(self, db, person):
        amina = person()
        link = change(db, amina)
        db.scalar(select(EmailChange)).before = None
        add(db, amina, HOME, NOW + MINUTE)
        undo(db, link, NOW + DAY)
        assert shown(db, amina) == [(WORK, True), (HOME, False)]


class TestTheTeam:
    def test_finds_someone_by_any_of_their_addresses_and_sees_them_all(self, db, person):
        amina = person()
        add(db, amina)
        [found] = overview.find_people(db, HOME, None, 20)["items"]
        assert found is amina
        seen = overview.bookings_of(db, amina.id, NOW, None, 20)["person"]
        assert seen["addresses"] == [WORK, HOME]

    def test_books_for_the_account_of_any_address(self, db, person, request):
        amina, team = person(), person("team", granted=["team"])
        request.getfixturevalue("told")("march")
        add(db, amina)
        made = bookings.book_for(db, team, NOW, "march", HOME, "Amina")
        assert made["person"] is amina

    def test_a_role_is_given_and_taken_by_any_address(self, db, person):
        amina = person()
        add(db, amina)
        roles.give_to(db, person("team"), NOW, HOME, "team")
        roles.take_from(db, HOME, "team", NOW)
        assert amina.granted == []
        with pytest.raises(NotFound):
            roles.take_from(db, "nobody@example.org", "team", NOW)
        with pytest.raises(NotFound):
            second_factor.remove_for(db, HOME, NOW)

    def test_corrects_an_address_and_the_old_one_can_take_that_back(self, db, person):
        amina, team = person(), person("team", granted=["team"])
        corrections.correct(db, team, amina.id, 1, {"email": NEW}, SECRET, NOW)
        assert shown(db, amina) == [(NEW, True)]
        assert told(db, "person_corrected")["changed"] == ["email"]
        written = db.scalars(select(Audit).where(Audit.action == "address-changed")).all()
        assert [(row.actor, row.person) for row in written] == [(team.id, amina.id)]
        undo(db, told(db, "email_changed")["undo"])
        assert shown(db, amina) == [(WORK, True)]

    def test_gives_nobody_the_address_of_someone_else(self, db, person):
        amina, team = person(), person("team", granted=["team"])
        person("ben")
        with pytest.raises(Invalid) as refused:
            corrections.correct(db, team, amina.id, 1, {"email": "ben@example.org"}, SECRET, NOW)
        assert codes_of(refused.value) == ["address-in-use"]

    def test_gets_into_no_account_that_has_a_role_by_correcting_its_address(self, db, person):
        amina, team = person(granted=["operator"]), person("team", granted=["team"])
        with pytest.raises(Invalid) as refused:
            corrections.correct(db, team, amina.id, 1, {"email": NEW}, SECRET, NOW)
        assert codes_of(refused.value) == ["has-a-role"]

    def test_takes_no_address_from_an_account_that_has_a_role(self, db, person):
        tom, team = person("tom", granted=["operator"]), person("team", granted=["team"])
        home = add(db, tom, "tom@home.example")
        with pytest.raises(NotAllowed):
            remove(db, tom, home, by=team)

    def test_settles_whose_address_it_is_by_removing_one(self, db, person):
        amina, team = person(), person("team", granted=["team"])
        home = add(db, amina)
        token, _ = tokens.issue(db, amina, NOW, "Firefox on Windows")
        db.flush()
        remove(db, amina, home, by=team)
        assert shown(db, amina) == [(WORK, True)]
        with pytest.raises(NotSignedIn):
            tokens.signed_in(db, tokens.hash_of(token), NOW)


class TestWhatIsKept:
    def test_the_export_has_every_address(self, db, person):
        amina = person()
        add(db, amina)
        signs_in_as(db, HOME)
        held = my_data.export(db, amina)
        assert [row["email"] for row in held["addresses"]] == [HOME]
        assert held["email_changes"][0]["before"] == {"email": WORK, "addresses": [WORK]}
        assert len(held["codes_asked_for"]) == 2, "one to add it, and one to sign in"

    def test_erasure_leaves_none_of_them(self, db, person):
        amina = person()
        add(db, amina)
        signs_in_as(db, HOME)
        remove(db, amina, add(db, amina, "third@example.net", NOW + MINUTE), NOW + MINUTE)
        my_data.erase(db, amina, NOW + DAY)
        db.flush()
        assert [db.scalars(select(kind)).all() for kind in (Address, EmailChange, SignInCode)] == [[], [], []]
        for email in (WORK, HOME, "third@example.net"):
            assert people.ensure_account(db, email, NOW + DAY).id != amina.id

    def test_an_account_of_the_release_before_has_its_address(self, db):
        old = Person(email=WORK, granted=[], created_at=NOW, version=1)
        db.add(old)
        db.flush()
        assert people.ensure_account(db, WORK, NOW) is old
        assert shown(db, old) == [(WORK, True)]
        assert db.scalar(select(Address.email)) == WORK
