"""The pages of facilitators: how the team names them, and what they open, which names no address."""

import re

import pytest

from services.runtime.refusals import KeyInUse
from tests.gateway import catalogue, fakes
from tests.gateway.attendance import SEEN, TOKEN, attendee, there
from tests.gateway.facilitators import COMES, FAY, ID, SLUG
from tests.gateway.fakes import page_of
from tests.gateway.html import NASTY, Page, links, text_of
from tests.gateway.rows_of_pages import ATTENDANCE_REPORT, ATTENDANCE_REPORTS
from tests.gateway.seating import AMINA, BEN, CLEO, DEV, STATE, seat, to_seat, view
from tests.sentences import says

TEAM = f"/team/sessions/{SLUG}"
PATH = f"{TEAM}/facilitators"
THEIRS = ("/facilitating", f"{TEAM}/expected", f"{TEAM}/day-sheet", f"{TEAM}/attendance", f"{TEAM}/attendance/sheet",
          f"{TEAM}/tables", f"{TEAM}/tables/make", f"{TEAM}/tables/publish", f"{TEAM}/write",
          f"/check-in/{TOKEN}")  # fmt: skip
FIELDS = ("name", "sector", "organisation", "job_role")


def without_address(told):
    """What registration tells a facilitator of somebody's attendance."""
    return {**told, "person": {name: told["person"][name] for name in FIELDS}}


def without_met(seats):
    return [[{name: value for name, value in seat.items() if name != "new"} for seat in table] for table in seats]


def tables_of(**changes):
    """What the community tells a facilitator of tables."""
    told = view([[AMINA, BEN], [CLEO, DEV]], **changes)
    return {**told, "rounds": [without_met(tables) for tables in told["rounds"]]}


@pytest.fixture
def fay(world):
    """The gateway, seen by somebody who facilitates a session, among services that know somebody who comes to it."""
    world.registration.answers.update(
        expected=page_of(COMES),
        day_sheet={"join_url": "https://example.org/join", "needs": 2},
        attendance=page_of(without_address(there())),
        record_attendance={"session": SLUG, "recorded": 1, "unchanged": 0},
        read_attendance_report=ATTENDANCE_REPORT,
        take_attendance_report=ATTENDANCE_REPORT,
        attendance_reports=ATTENDANCE_REPORTS,
        look_up_check_in=SEEN,
        check_in=SEEN,
    )
    world.community.answers.update(
        plan_tables=STATE, move_seat=STATE, update_tables=STATE, publish_tables=STATE, tables=tables_of(),
        people_to_seat={"kind": "tables", "items": [to_seat(one) for one in (AMINA, BEN, CLEO, DEV)]},
    )  # fmt: skip
    world.notifications.answers.update(mailings=page_of(), write_to_session={"queued": 1})
    world.notifications.answers["address_of"] = {"email": "asha@example.org", "state": "ok", "since": None, "why": None}
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.client.set_cookie("__Host-headrow_session", "facilitator-token")
    return world


@pytest.fixture
def team(world):
    """The gateway, seen by somebody of the team."""
    world.registration.answers.update(
        facilitators=page_of(FAY), name_facilitator=FAY, take_back_facilitator=None, expected=page_of(COMES)
    )
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def form_of(world, path, where):
    """The hidden fields of the form that is sent `where`."""
    page = Page(world.client.get(path).text)
    assert where in [form.get("action", path) for form in page.all("form")]
    return {field["name"]: field["value"] for field in page.all("input") if field.get("type") == "hidden"}


def send(world, path, action=None, **said):
    action = action or path
    return world.client.post(action, data={**form_of(world, path, action), **said})


class TestTheirSessions:
    def test_each_is_shown_with_what_there_is_to_do(self, fay):
        answer = fay.client.get("/facilitating")
        assert answer.status_code == 200
        told = text_of(answer)
        assert f"{says('pages.coming_up')} Myron’s Maxims in practice Tuesday 1 December 2026" in told
        assert {f"{TEAM}/expected", f"{TEAM}/attendance", f"{TEAM}/tables"} <= {*links(answer)}
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_the_next_one_comes_first_and_what_is_over_last(self, fay):
        person = fakes.person(["person", "facilitator"])
        slugs = ["b-later", "a-soon", "c-over", "d-over-too", "gone"]
        fay.registration.answers["who"] = {**person, "facilitates": slugs}
        starts = {"b-later": "2027-01-09", "a-soon": "2026-11-24", "c-over": "2026-11-20", "d-over-too": "2026-11-22"}
        for slug, day in starts.items():
            fay.tell("sessions", catalogue.session(slug, f"{day}T14:00:00+00:00", title=slug))
        told = text_of(fay.client.get("/facilitating"))
        order = [told.index(f" {slug} ") for slug in ("a-soon", "b-later", "d-over-too", "c-over")]
        assert order == sorted(order)
        assert order[1] < told.index(says("facilitating.over")) < order[2]

    def test_one_that_is_cancelled_says_so_and_has_nothing_to_do(self, fay):
        fay.tell("sessions", catalogue.session(status="cancelled", cancel_reason="Ill", version=3))
        answer = fay.client.get("/facilitating")
        assert says("session.cancelled_tag") in text_of(answer)
        assert f"{TEAM}/attendance" not in links(answer)

    def test_whoever_facilitates_none_is_told_so(self, world):
        world.client.set_cookie("__Host-headrow_session", "person-token")
        answer = world.client.get("/facilitating")
        assert answer.status_code == 200
        assert says("facilitating.none") in text_of(answer)

    def test_the_menu_and_the_account_lead_there_for_those_who_have_some(self, fay):
        for path in ("/", "/account"):
            assert "/facilitating" in links(fay.client.get(path))
        fay.client.set_cookie("__Host-headrow_session", "person-token")
        for path in ("/", "/account"):
            assert "/facilitating" not in links(fay.client.get(path))


class TestWhatTheyOpen:
    @pytest.mark.parametrize("path", THEIRS)
    def test_nothing_that_is_closed_to_them_is_linked(self, fay, path):
        answer = fay.client.get(path)
        assert answer.status_code == 200
        for link in {link.partition("#")[0] for link in links(answer)} - {""}:
            if link.startswith(("/team", "/operator", "/facilitating", "/sessions", "/account", "/check-in")):
                assert fay.client.get(link).status_code == 200, link
        for form in Page(answer.text).all("form"):
            assert not form.get("action", "").startswith("/team") or form["action"].startswith(
                (f"{TEAM}/attendance", f"{TEAM}/tables", f"{TEAM}/write")
            )

    @pytest.mark.parametrize("path", [path for path in THEIRS if path.startswith("/team")])
    def test_of_another_session_nothing_is_open(self, fay, path):
        fay.tell("sessions", catalogue.session("another"))
        asked = len(fay.registration.asked)
        answer = fay.client.get(path.replace(SLUG, "another"))
        assert answer.status_code == 403
        assert says("facilitating.only_those_of_session") in text_of(answer)
        assert {method for method, _ in fay.registration.asked[asked:]} == {"who"}
        assert fay.community.asked == []

    def test_no_address_is_on_any_of_them(self, fay):
        for path in THEIRS:
            text = re.sub(r"asha@example\.org", "", fay.client.get(path).text)  # who looks
            assert "@" not in text.replace("@media", ""), path

    def test_the_pages_of_the_team_lead_to_the_team_s_others(self, team):
        answer = team.client.get(f"{TEAM}/expected")
        assert {f"{TEAM}/bookings", PATH, "/team/sessions", TEAM} <= {*links(answer)}
        assert "/facilitating" not in links(answer)


class TestWhoIsComing:
    def test_names_and_where_people_work(self, fay):
        told = text_of(fay.client.get(f"{TEAM}/expected"))
        assert f"{says('facilitating.one_has_place')} Amina Nurse, Elm Court, Hospitals" in told

    def test_whoever_has_no_name_is_called_by_their_booking(self, fay):
        nobody = {"name": None, "sector": None, "organisation": None, "job_role": None}
        fay.registration.answers["expected"] = page_of({**COMES, "person": nobody})
        assert says("facilitating.booking", reference="K3M9Q-XW2TB") in text_of(fay.client.get(f"{TEAM}/expected"))
        fay.registration.answers["attendance"] = page_of(without_address(there(name=None)))
        assert says("facilitating.booking", reference="K3M9Q-XW2TB") in text_of(fay.client.get(f"{TEAM}/attendance"))
        fay.client.set_cookie("__Host-headrow_session", "team-token")
        fay.registration.answers["attendance"] = page_of(there(name=None))
        assert "zoe@example.org" in text_of(fay.client.get(f"{TEAM}/attendance"))

    def test_who_is_in_the_room_and_who_is_online_stand_apart(self, fay):
        fay.tell("sessions", catalogue.session(delivery="hybrid", places_in_room=5, version=3))
        fay.tell_places(catalogue.places(left=39, version=9, in_room={"capacity": 5, "left": 4}))
        ben = {"reference": BEN, "mode": "in_room", "person": {**COMES["person"], "name": "Ben"}}
        fay.registration.answers["expected"] = page_of(COMES, ben)
        told = text_of(fay.client.get(f"{TEAM}/expected"))
        assert says("facilitating.in_the_room", number=1, who="Ben") in told
        assert says("facilitating.online", number=1, who="Amina") in told

    def test_nobody(self, fay):
        fay.registration.answers["expected"] = page_of()
        assert says("facilitating.nobody_has_place") in text_of(fay.client.get(f"{TEAM}/expected"))


class TestWhatTheyDo:
    def test_they_take_attendance(self, fay):
        said = {f"p-{there()['reference']}": "yes"}
        answer = send(fay, f"{TEAM}/attendance", **said)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{TEAM}/attendance?meeting=1&saved=1")
        assert fay.registration.last("record_attendance")["slug"] == SLUG

    def test_they_paste_a_sheet(self, fay):
        assert send(fay, f"{TEAM}/attendance/sheet", csv="Email\nzoe@example.org").status_code == 200
        assert not fay.registration.was_asked("take_attendance_report")
        answer = send(fay, f"{TEAM}/attendance/sheet", csv="Email\nzoe@example.org", step="save")
        assert answer.status_code == 303

    def test_they_check_somebody_in(self, fay):
        answer = send(fay, f"/check-in/{TOKEN}")
        assert answer.status_code == 200
        assert fay.registration.was_asked("check_in")

    @pytest.mark.parametrize("token", ["facilitator-token", "person-token"])
    def test_a_code_of_another_session_is_answered_as_its_owner_is(self, fay, token):
        for method in ("look_up_check_in", "check_in"):
            fay.registration.answers[method] = fakes.refused("not-allowed")
        fay.client.set_cookie("__Host-headrow_session", token)
        answer = fay.client.get(f"/check-in/{TOKEN}")
        assert answer.status_code == 403
        assert says("attendance.show_code") in answer.text
        assert "Amina" not in answer.text
        form = Page(fay.client.get("/").text).form
        assert fay.client.post(f"/check-in/{TOKEN}", data=form).status_code == 403

    def test_they_make_move_and_publish_tables(self, fay):
        assert send(fay, f"{TEAM}/tables/make", size="2", rounds="1", who="booked", do="make").status_code == 303
        moved = send(fay, f"{TEAM}/tables", f"{TEAM}/tables/move", reference=AMINA, where=f"with-{CLEO}")
        assert moved.status_code == 303
        assert send(fay, f"{TEAM}/tables/publish").status_code == 303
        for method in ("plan_tables", "move_seat", "publish_tables"):
            assert fay.community.last(method)["caller"]["facilitates"] == [SLUG]

    def test_it_is_marked_who_needs_a_step_free_table_and_said_to_nobody_who_met_whom(self, fay):
        fay.community.answers["tables"] = tables_of(wishes={"step_free": [AMINA], "hosts": [CLEO]})
        told = text_of(fay.client.get(f"{TEAM}/tables"))
        assert f"Amina {says('tables.step_free_mark')} Elm Court" in told
        assert told.count(says("tables.step_free_mark")) == 1
        assert says("tables.host", who="Cleo") in told
        assert says("tables.has_met_begins") not in told
        assert says("tables.new", new=2, possible=2) in told
        fay.client.set_cookie("__Host-headrow_session", "team-token")
        met = view([[AMINA, BEN], [CLEO, DEV]])
        met["rounds"][0][0] = [seat(AMINA, new=0), seat(BEN, new=0)]
        fay.community.answers["tables"] = met
        assert says("tables.has_met", number=1) in text_of(fay.client.get(f"{TEAM}/tables"))

    @pytest.mark.parametrize("what", ["cards", "badges"])
    def test_they_print(self, fay, what):
        answer = fay.client.get(f"{TEAM}/tables/{what}.pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


LETTER = {"subject": "Bring a pen", "body": "Please bring a pen."}


class TestWriting:
    def test_they_write_to_those_who_have_a_place_and_to_nobody_else(self, fay):
        check = send(fay, f"{TEAM}/write", to="all", chosen="K3M9Q-XW2TB", **LETTER)
        assert check.status_code == 200
        assert says("writing.one_person_now") in text_of(check)
        assert not fay.notifications.was_asked("write_to_session")
        form = {**Page(check.text).form, "body": LETTER["body"], "step": "send", "to": "all"}
        answer = fay.client.post(f"{TEAM}/write", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{TEAM}/write?done=1")
        assert fay.notifications.last("write_to_session")["given"] == {"to": "confirmed", **LETTER}

    def test_what_is_missing_is_said_and_nothing_is_lost(self, fay):
        answer = send(fay, f"{TEAM}/write", subject="", body="Please bring a pen.")
        assert answer.status_code == 422
        assert "Please bring a pen." in answer.text


class TestNaming:
    def test_the_team_sees_who_facilitates_a_session(self, team):
        answer = team.client.get(PATH)
        assert answer.status_code == 200
        assert "Fay fay@example.org" in text_of(answer)
        assert f"{PATH}/{ID}/take-back" in links(answer)
        assert answer.headers["Cache-Control"] == "private, no-store"
        team.registration.answers["facilitators"] = page_of()
        assert says("facilitators.none_named") in text_of(team.client.get(PATH))

    def test_the_team_names_somebody(self, team):
        answer = send(team, PATH, email=" fay@example.org ")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=named")
        asked = team.registration.last("name_facilitator")
        assert (asked["slug"], asked["given"]) == (SLUG, {"email": "fay@example.org"})
        assert len(asked["key"]) == 64
        assert says("facilitators.can_open_attendance") in text_of(team.client.get(answer.headers["Location"]))
        assert "Success" not in text_of(team.client.get(f"{PATH}?done=made-up"))

    def test_pressed_twice_it_is_done_once(self, team):
        form = {**form_of(team, PATH, PATH), "email": "fay@example.org"}
        for answer in (FAY, KeyInUse()):
            team.registration.answers["name_facilitator"] = answer
            assert team.client.post(PATH, data=form).headers["Location"] == f"{PATH}?done=named"
        keys = {named["key"] for method, named in team.registration.asked if method == "name_facilitator"}
        assert len(keys) == 1

    @pytest.mark.parametrize("email", ["", "   ", "fay", NASTY])
    def test_what_is_no_address_is_said_at_the_field_and_not_lost(self, team, email):
        team.registration.answers["name_facilitator"] = fakes.invalid("not-an-email", "email")
        answer = send(team, PATH, email=email)
        assert answer.status_code == 422
        assert f"<title>Error: {says('facilitators.title')}" in answer.text
        assert says("field_errors.email_like") in text_of(answer)
        assert "#email" in links(answer)
        assert "<script>alert" not in answer.text
        [field] = [one for one in Page(answer.text).all("input") if one.get("id") == "email"]
        assert (field.get("value") or "") == email.strip()

    @pytest.mark.parametrize(("code", "words"), [("session-cancelled", says("session.cancelled")),
                                                 ("session-finished", says("session.over_long_ago"))])  # fmt: skip
    def test_what_is_in_the_way_is_said(self, team, code, words):
        team.registration.answers["name_facilitator"] = fakes.refused(code)
        answer = send(team, PATH, email="fay@example.org")
        assert answer.status_code == 409
        assert words in text_of(answer)

    def test_for_a_cancelled_session_nobody_can_be_named(self, team):
        team.tell("sessions", catalogue.session(status="cancelled", cancel_reason="Ill", version=3))
        assert [form["action"] for form in Page(team.client.get(PATH).text).all("form")] == ["/sign-out"]

    def test_taking_it_back_asks_first(self, team):
        path = f"{PATH}/{ID}/take-back"
        answer = team.client.get(path)
        assert says("facilitators.should_stop", who="Fay") in text_of(answer)
        assert not team.registration.was_asked("take_back_facilitator")
        answer = send(team, path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=taken-back")
        assert team.registration.last("take_back_facilitator")["id"] == ID

    def test_pressed_twice_it_is_taken_back_all_the_same(self, team):
        form = form_of(team, f"{PATH}/{ID}/take-back", f"{PATH}/{ID}/take-back")
        team.registration.answers["take_back_facilitator"] = fakes.refused("not-found")
        assert team.client.post(f"{PATH}/{ID}/take-back", data=form).status_code == 303

    def test_whoever_does_not_facilitate_it_is_not_there(self, team):
        team.registration.answers["facilitators"] = page_of()
        assert team.client.get(f"{PATH}/{ID}/take-back").status_code == 404
        assert team.client.get("/team/sessions/no-such/facilitators").status_code == 404

    def test_whoever_was_erased_is_named_nowhere(self, team):
        gone = {"id": ID, "name": None}
        team.registration.answers["facilitators"] = page_of({**FAY, "named_by": gone})
        assert says("facilitators.named_by_somebody") in text_of(team.client.get(PATH))


class TestWhatPeopleAreTold:
    def test_who_reads_what_people_need_is_said_where_they_write_it(self, world):
        world.client.set_cookie("__Host-headrow_session", "person-token")
        world.registration.answers["own_booking"] = {"booking": None}
        told = text_of(world.client.get(f"/sessions/{SLUG}/book/needs"))
        assert says("pages.only_team_reads_it") in told
        assert "people who lead the session" not in told
        account = text_of(world.client.get("/account/details"))
        assert says("pages.only_team_reads_it") in account
        assert "who lead a session" not in account

    def test_the_privacy_page_says_what_those_who_run_a_session_see(self, world):
        told = text_of(world.client.get("/privacy"))
        assert says("privacy.facilitators_see") in told
        assert says("privacy.facilitators_do_not_see") in told
        assert says("privacy.no_other_booking") in told

    def test_what_it_says_is_what_the_schemas_let_through(self):
        from services.community.schemas import PeopleToSeat, TablesView
        from services.registration.schemas import CheckIn, Expected

        def names(schema):
            found = set()
            for name, field in schema.fields.items():
                inner = getattr(field, "inner", field)
                while hasattr(inner, "inner"):
                    inner = inner.inner
                found |= {name} | (names(inner.schema) if hasattr(inner, "schema") else set())
            return found

        for schema in (Expected(), PeopleToSeat(), TablesView(), CheckIn()):
            assert not names(schema) & {"email", "access_needs", "reason", "position", "offer", "id", "person_id"}
        assert attendee().keys() - {*FIELDS} == {"id", "email"}, "what registration keeps back of attendance"
