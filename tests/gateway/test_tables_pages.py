"""The pages of a session's tables: what they say, what they do, and what is printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.features.tables import table_form
from gateway.features.tables import team as pages
from gateway.features.tables.cards import badges_of, cards_of
from gateway.web.documents import typesetting
from tests.gateway import catalogue, fakes
from tests.gateway.fakes import REFERENCE
from tests.gateway.forms import form_of
from tests.gateway.html import NASTY, Page, links, text_of
from tests.gateway.seating import AMINA, BEN, CLEO, DEV, ONE, SLUG, STATE, seat, to_seat, view
from tests.sentences import says

PATH = f"/team/sessions/{SLUG}/tables"
TWO = view([[AMINA, BEN], [CLEO, DEV]], [[AMINA, CLEO], [BEN, DEV]])
ALL = ("", "/make", "/publish", "/cards.pdf", "/badges.pdf")
PEOPLE = {"kind": "tables", "items": [to_seat(one) for one in (AMINA, BEN, CLEO, DEV)]}


@pytest.fixture
def team(world):
    world.community.answers.update(
        plan_tables=STATE, move_seat=STATE, update_tables=STATE, publish_tables=STATE, tables=ONE, people_to_seat=PEOPLE
    )
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def send(world, path, **said):
    form = form_of(world, PATH + path)
    return world.client.post(PATH + path, data={**form, **said})


def move(world, **said):
    return world.client.post(f"{PATH}/move", data={**form_of(world, PATH), **said})


@pytest.mark.parametrize("path", ALL)
def test_a_session_that_is_not_there_has_none(team, path):
    assert team.client.get(f"/team/sessions/no-such/tables{path}").status_code == 404


def test_other_pages_of_the_session_lead_there(team):
    team.registration.answers["attendance"] = {"items": [], "next": None}
    assert PATH in links(team.client.get(f"/team/sessions/{SLUG}/attendance"))


class TestTables:
    def test_who_sits_where_and_how_good_that_is(self, team):
        team.community.answers["tables"] = view([[AMINA, BEN], [CLEO, DEV]], wishes={"hosts": [CLEO]})
        told = text_of(team.client.get(PATH))
        assert says("tables.kept_new", new=2, possible=2) in told
        assert says("tables.settings", number="1.5") in told
        assert says("tables.all_wishes_met") in told
        assert f"{says('tables.table', number=1)} Amina Elm Court, Hospital Ben" in told.replace(
            "Hospitals", "Hospital"
        )
        assert says("tables.host", who="Cleo") in told
        assert says("tables.draft") in told
        assert {f"{PATH}/publish", f"{PATH}/make", f"{PATH}/cards.pdf", f"{PATH}/badges.pdf"} <= {
            *links(team.client.get(PATH))
        }

    def test_it_is_said_who_has_met_before(self, team):
        met = view([[AMINA, BEN], [CLEO, DEV]])
        met["rounds"][0][0] = [seat(AMINA, new=0), seat(BEN, new=0)]
        team.community.answers["tables"] = met
        assert text_of(team.client.get(PATH)).count(says("tables.has_met", number=1)) == 2

    @pytest.mark.parametrize(
        ("rule", "whose", "words"),
        [
            ("apart", [AMINA, BEN], says("tables.apart", round=1, names="Amina and Ben")),
            ("together", [AMINA, BEN, CLEO], says("tables.together", round=1, names="Amina, Ben and Cleo")),
            ("step-free", [AMINA], says("tables.step_free", round=1, names="Amina")),
            ("host", [AMINA], says("tables.not_host", round=1, names="Amina")),
            ("host", [AMINA, BEN], says("tables.hosts", round=1, names="Amina and Ben")),
            ("twice", [AMINA], says("tables.twice", round=1, names="Amina")),
            ("uneven", [AMINA, BEN], says("tables.uneven", round=1)),
        ],
    )
    def test_each_wish_that_is_not_met_is_said_in_words(self, team, rule, whose, words):
        broken = [{"rule": rule, "round": 1, "references": whose}]
        team.community.answers["tables"] = {**TWO, "broken": broken}
        told = text_of(team.client.get(PATH))
        assert says("tables.one_wish_not_met") in told
        assert words in told

    def test_where_there_are_none_they_can_be_made(self, team):
        team.community.answers["tables"] = fakes.refused("not-found")
        answer = team.client.get(PATH)
        assert says("tables.people_in_room", number=4) in text_of(answer)
        assert f"{PATH}/make" in links(answer)
        team.community.answers["people_to_seat"] = {"kind": "rooms", "items": []}
        answer = team.client.get(PATH)
        assert says("tables.rooms") in text_of(answer)
        assert f"{PATH}/make" not in links(answer)

    def test_while_they_are_made_the_page_looks_again_by_itself(self, team):
        team.community.answers["tables"] = view(being_made=True)
        answer = team.client.get(f"{PATH}?done=made")
        assert answer.headers["Refresh"] == pages.LOOK_AGAIN
        assert says("tables.being_made") in text_of(answer)
        assert "Success" not in text_of(answer)
        assert "Refresh" not in team.client.get("/team").headers

    def test_where_none_were_found_it_says_so(self, team):
        team.community.answers["tables"] = view(failed=True)
        assert says("tables.not_made") in text_of(team.client.get(PATH))
        team.community.answers["tables"] = {**ONE, "failed": True}
        assert says("tables.from_before") in text_of(team.client.get(PATH))

    def test_online_all_that_is_said_is_of_breakout_rooms(self, team):
        team.community.answers["tables"] = {**ONE, "kind": "rooms"}
        for done in ("made", "updated", "published"):
            assert "reakout room" in text_of(team.client.get(f"{PATH}?done={done}"))
        for code in pages.IN_THE_WAY:
            team.community.answers["move_seat"] = fakes.refused(code)
            answer = move(team, reference=AMINA, where="at-2", version="1")
            assert (answer.status_code, "reakout rooms" in text_of(answer)) == (409, True)
            assert "tables" not in text_of(answer).split(says("pages.problem"))[1].split(says("tables.rooms"))[0]

    def test_online_they_are_breakout_rooms(self, team):
        team.community.answers["tables"] = {**ONE, "kind": "rooms"}
        told = text_of(team.client.get(PATH))
        assert says("tables.room", number=2) in told
        assert "table" not in told.replace("Tables", "").lower()

    def test_a_session_that_is_over_can_be_looked_at(self, team):
        team.now = team.now.replace(year=2028)
        answer = team.client.get(PATH)
        assert "Amina" in answer.text
        assert f"{PATH}/publish" not in links(answer)
        assert [form["action"] for form in Page(answer.text).all("form")] == ["/sign-out"]


class TestMaking:
    def test_the_form_asks_for_what_was_chosen(self, team):
        said = {"size": "2", "rounds": "3", "who": "checked_in", "step_free_tables": "1", f"host-{AMINA}": "yes",
                f"flat-{BEN}": "yes", "apart-0-a": CLEO, "apart-0-b": DEV, "do": "make"}  # fmt: skip
        answer = send(team, "/make", **said)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=made")
        asked = team.community.last("plan_tables")
        assert asked["given"] == {
            **{"size": 2, "rounds": 3, "seed": 2, "who": "checked_in", "step_free_tables": 1, "hosts": [AMINA]},
            **{"step_free": [BEN], "keep_apart": [[CLEO, DEV]], "keep_together": []},
        }
        assert asked["key"]
        assert says("tables.made") in text_of(team.client.get(answer.headers["Location"]))

    def test_it_begins_with_what_they_were_made_by(self, team):
        wishes = {"keep_apart": [[AMINA, BEN]], "keep_together": [[AMINA, CLEO, DEV]], "hosts": [DEV],
                  "step_free": [BEN], "step_free_tables": 1, "seed": 4}  # fmt: skip
        team.community.answers["tables"] = view([[AMINA, BEN], [CLEO, DEV]], wishes=wishes)
        page = Page(team.client.get(f"{PATH}/make").text)
        fields = {field["name"]: field for field in page.all("input") if "name" in field}
        assert (fields["size"]["value"], fields["rounds"]["value"], fields["step_free_tables"]["value"]) == (
            "2",
            "1",
            "1",
        )
        assert fields["seed"]["value"] == "5", "another try is another plan"
        ticked = {name for name, field in fields.items() if field.get("type") == "checkbox" and "checked" in field}
        assert ticked == {f"host-{DEV}", f"flat-{BEN}"}
        chosen = [option["value"] for option in page.all("option") if "selected" in option and option["value"]]
        assert chosen == [AMINA, BEN, AMINA, CLEO, CLEO, DEV]

    def test_a_row_is_added_and_nothing_typed_is_lost(self, team):
        answer = send(
            team, "/make", size="7", **{"apart-0-a": CLEO, "apart-0-b": DEV, f"host-{BEN}": "yes", "do": "apart"}
        )
        assert answer.status_code == 200
        page = Page(answer.text)
        assert {"apart-1-a", "apart-1-b"} <= {field["name"] for field in page.all("select")}
        assert 'value="7"' in answer.text
        assert not team.community.was_asked("plan_tables")

    @pytest.mark.parametrize(
        ("said", "field"),
        [({"size": "six"}, "size"), ({"rounds": "x"}, "rounds"), ({"step_free_tables": "-"}, "step_free_tables"),
         ({"apart-0-a": CLEO}, "apart-0-b"), ({"apart-0-b": CLEO}, "apart-0-a"),
         ({"together-0-a": CLEO, "together-0-b": CLEO}, "together-0-b")],
    )  # fmt: skip
    def test_what_is_wrong_is_said_beside_its_field(self, team, said, field):
        answer = send(team, "/make", **{"size": "2", "rounds": "1", "do": "make", **said})
        assert answer.status_code == 422
        assert "<title>Error: " in answer.text
        assert f"#{field}" in links(answer)
        assert f'id="{field}"' in answer.text
        assert not team.community.was_asked("plan_tables")

    @pytest.mark.parametrize(
        ("refused", "field"),
        [("size", "size"), ("hosts", "people"), ("hosts.0", "people"), ("step_free.2", "people"), ("who", "who"),
         ("keep_apart", "apart-1-a"), ("keep_apart.0.1", "apart-1-b"), ("keep_together.0.0", "together-0-a")],
    )  # fmt: skip
    def test_what_the_service_refuses_is_said_beside_its_field(self, team, refused, field):
        team.community.answers["plan_tables"] = fakes.invalid("not-to-be-seated", refused)
        said = {"size": "2", "rounds": "1", "apart-rows": "2", "apart-1-a": CLEO, "apart-1-b": DEV, "do": "make"}
        answer = send(team, "/make", **said)
        assert answer.status_code == 422
        assert f"#{field}" in links(answer)
        assert f'id="{field}"' in answer.text

    @pytest.mark.parametrize("code", ["session-cancelled", "session-finished"])
    def test_where_it_is_too_late_it_says_so(self, team, code):
        team.community.answers["plan_tables"] = fakes.refused(code)
        answer = send(team, "/make", size="2", rounds="1", do="make")
        assert answer.status_code == 409
        assert says("tables.cannot_be_changed") in text_of(answer)

    @given(st.dictionaries(st.sampled_from(["size", "rounds", "apart-rows", "apart-0-a", "seed", "host-", "flat-x"]),
                           st.text(max_size=20)))  # fmt: skip
    def test_whatever_is_sent_is_read(self, sent):
        form = table_form.read_form(sent)
        wanted, _ = table_form.wanted_of(form)
        assert {"size", "rounds", "seed", "who", "hosts", "keep_apart"} <= wanted.keys()
        for row in ("apart", "together"):
            longer = table_form.with_a_row(form, row)
            assert longer is not None
            assert len(longer[row]) <= table_form.MOST_ROWS


class TestMoving:
    def test_somebody_is_moved_and_the_figures_follow(self, team):
        team.community.answers["tables"] = TWO
        answer = move(team, reference=AMINA, round="2", where="at-2")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=moved")
        asked = team.community.last("move_seat")
        assert (asked["given"], asked["version"]) == ({"reference": AMINA, "round": 2, "table": 2}, 2)
        assert asked["key"]
        move(team, reference=AMINA, round="1", where=f"with-{CLEO}")
        assert team.community.last("move_seat")["given"] == {"reference": AMINA, "round": 1, "swap_with": CLEO}

    def test_what_was_not_chosen_is_asked_for(self, team):
        answer = move(team, reference="", where="")
        assert answer.status_code == 422
        assert {"#reference", "#where"} <= {*links(answer)}
        team.community.answers["move_seat"] = fakes.invalid("out-of-range", "table", min=1, max=2, of="number")
        answer = move(team, reference=AMINA, where="at-nowhere")
        assert (answer.status_code, "#where" in links(answer)) == (422, True)

    def test_two_editors_do_not_overwrite_each_other_unseen(self, team):
        team.community.answers["move_seat"] = fakes.refused("stale-version")
        answer = move(team, reference=AMINA, where="at-2")
        assert answer.status_code == 409
        assert says("tables.changed_by_another") in text_of(answer)

    def test_while_they_are_made_nobody_is_moved(self, team):
        team.community.answers["move_seat"] = fakes.refused("tables-being-made")
        assert move(team, reference=AMINA, where="at-2").status_code == 409

    def test_a_second_press_is_the_first(self, team):
        team.community.answers["move_seat"] = fakes.refused("idempotency-key-in-use")
        assert move(team, reference=AMINA, where="at-2").status_code == 303


class TestComingAndGoing:
    def test_it_is_said_with_a_button(self, team):
        changed = {"come": [to_seat("E4C5D-EFGHJ", name="Esi")], "gone": [to_seat(BEN)]}
        team.community.answers["tables"] = {**TWO, "changed": changed}
        told = text_of(team.client.get(PATH))
        assert says("tables.without_seat", who="Esi") in told
        assert says("tables.not_coming", who="Ben") in told
        answer = team.client.post(f"{PATH}/update", data={**form_of(team, PATH), "over": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=updated")
        assert team.community.last("update_tables")["given"] == {"over": 1}
        team.community.answers["update_tables"] = fakes.invalid("nobody-left", "who")
        answer = team.client.post(f"{PATH}/update", data=form_of(team, PATH))
        assert (answer.status_code, says("tables.nobody_left") in text_of(answer)) == (422, True)

    def test_whoever_publishes_is_told_first(self, team):
        team.community.answers["tables"] = {**ONE, "changed": {"come": [], "gone": [to_seat(BEN)]}}
        told = text_of(team.client.get(f"{PATH}/publish"))
        assert says("tables.not_coming", who="Ben") in told
        assert says("tables.will_email", number=3) in told


class TestPublishing:
    def test_it_says_how_many_are_told_and_tells_them(self, team):
        answer = team.client.get(f"{PATH}/publish")
        assert says("tables.publish_and_tell", number=4) in text_of(answer)
        assert not team.community.was_asked("publish_tables"), "looking tells nobody"
        answer = send(team, "/publish")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=published")
        assert team.community.last("publish_tables")["key"]
        team.community.answers["tables"] = {**ONE, "status": "published"}
        assert says("tables.emailing_everybody") in text_of(team.client.get(answer.headers["Location"]))

    @pytest.mark.parametrize(
        "there", [fakes.refused("not-found"), view(being_made=True), {**ONE, "status": "published"}, view()]
    )
    def test_where_there_is_nothing_to_publish_it_leads_back(self, team, there):
        team.community.answers["tables"] = there
        assert team.client.get(f"{PATH}/publish").headers["Location"] == PATH

    def test_nobody_is_said_to_have_been_told_who_was_not(self, team):
        assert says("tables.emailing") not in team.client.get(f"{PATH}?done=published").text

    def test_what_is_in_the_way_is_said(self, team):
        form = form_of(team, f"{PATH}/publish")
        for code, status in (("session-finished", 409), ("tables-being-made", 409), ("not-found", 404)):
            team.community.answers["publish_tables"] = fakes.refused(code)
            assert team.client.post(f"{PATH}/publish", data=form).status_code == status


class TestPrint:
    @pytest.mark.parametrize("what", ["cards", "badges"])
    def test_it_is_a_pdf_to_keep(self, team, what):
        answer = team.client.get(f"{PATH}/{what}.pdf")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.data.startswith(b"%PDF")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer.headers["Cache-Control"]
        team.community.answers["tables"] = view()
        assert team.client.get(f"{PATH}/{what}.pdf").status_code == 404

    @pytest.mark.parametrize("name", [None, "", NASTY, "Zoë 🎉 Łukasz", "#panic() $x$ \\ *bold*", "x" * 120])
    def test_any_name_can_be_printed(self, name):
        rounds = [[[seat(AMINA, name=name, organisation=name)], []], [[], [seat(AMINA, name=name)]]]
        for document in (cards_of, badges_of):
            assert document({**ONE, "rounds": rounds}, NASTY, typesetting.typeset).startswith(b"%PDF")

    def test_the_same_tables_are_the_same_bytes(self):
        assert cards_of(TWO, "March", typesetting.typeset) == cards_of(TWO, "March", typesetting.typeset)
        assert badges_of(TWO, "March", typesetting.typeset) == badges_of(
            {**TWO, "kind": "tables"}, "March", typesetting.typeset
        )


class TestOnesOwn:
    @pytest.mark.parametrize(
        ("kind", "tables", "words"),
        [
            ("tables", [{"round": 1, "table": 3}], says("tables.table", number=3)),
            ("rooms", [{"round": 1, "table": 3}], says("tables.room", number=3)),
            (
                "tables",
                [{"round": 1, "table": 3}, {"round": 2, "table": None}],
                says("tables.own", round=1, table=3, without=2),
            ),
        ],
    )
    def test_it_is_on_the_page_of_the_booking_and_in_my_places(self, asha, kind, tables, words):
        told = {"reference": REFERENCE, "session": SLUG, "kind": kind, "tables": tables}
        asha.community.answers["own_tables"] = {"items": [told]}
        for path in ("/bookings", f"/bookings/{REFERENCE}"):
            assert words in text_of(asha.client.get(path))
        assert asha.community.last("own_tables")["references"] == [REFERENCE]

    def test_without_one_nothing_is_said(self, asha):
        for path in ("/bookings", f"/bookings/{REFERENCE}"):
            assert says("tables.where_you_sit") not in asha.client.get(path).text

    def test_the_pages_do_without_where_it_cannot_be_found_out(self, asha):
        asha.community.answers["own_tables"] = fakes.refused("unavailable")
        for path in ("/bookings", f"/bookings/{REFERENCE}"):
            assert asha.client.get(path).status_code == 200
