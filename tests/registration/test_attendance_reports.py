"""What reading attendance reports protects: files as other programmes write them tell who was there, and how long."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.attendance.report_times import minutes_in
from services.registration.attendance.reports import minutes_of, names_in, read

REPORTS = Path(__file__).parent / "reports"
ZOE = "zoe.okafor@example.org"


def told(file):
    content = (REPORTS / file).read_bytes()
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig")
    return {(one.email or one.names[0]): minutes_of([one]) for one in read(text)}


@pytest.mark.parametrize("file", ["teams-report-utf-16.csv", "teams-report-utf-8.csv"])
def test_the_participants_of_a_teams_report_are_read_and_not_its_other_parts(file):
    assert told(file) == {"asha@example.org": 93, ZOE: 62, "Ben Marsh": 16, "cleo@example.org": 90}


def test_joins_and_leaves_of_an_older_teams_list_are_added_up_to_the_last_time_in_it():
    assert told("teams-attendee-list-utf-16.csv") == {"Asha Rao": 62, "Zoë Okafor": 50, "Ben Marsh": 55}


@pytest.mark.parametrize("file", ["zoom-participants.csv", "zoom-participants-with-summary.csv"])
def test_joins_of_one_person_on_zoom_are_added_up_and_what_overlaps_counts_once(file):
    assert told(file) == {"asha@example.org": 93, ZOE: 60, "Ben Marsh": 15}


def test_a_plain_list_of_emails_is_read_with_the_names_that_it_has():
    assert told("emails.txt") == {ZOE: None, "ben@example.org": None, "asha@example.org": None}
    assert [one.name for one in read((REPORTS / "emails.txt").read_text())] == ["", "Ben Marsh", ""]


@pytest.mark.parametrize("text", ["", "\n\n", "nothing here", "a,b\n1,2", '"', "\x00"])
def test_what_names_nobody_tells_of_nobody(text):
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("1h 2m 3s", 62.05), ("62", 62), ("01:02:03", 62.05), ("1:02", 62), ("45m", 45), ("90s", 1.5)),
        *(("1 hr 5 min", 65), ("62 min", 62), ("2 hours 1 minute", 121), ("12.5", 12.5), ("", None), ("soon", None)),
        *(("99" * 20, None), ("9" * 30 + "h", 999999 * 60)),
    ],
)
def test_lengths_are_read_as_they_are_written(text, minutes):
    assert minutes_in(text) == (None if minutes is None else pytest.approx(minutes))


def test_a_name_is_read_with_what_programmes_write_around_it():
    assert "Zoë Okafor" in names_in("Zoe (Zoë Okafor)")
    assert "Zoë Okafor" in names_in("Okafor, Zoë (Elm Court, Care)")
    assert names_in("Zoë Okafor (Guest)") == ["Zoë Okafor"]


def test_a_quotation_mark_that_is_not_closed_swallows_nobody():
    found = read('Name,Email\n"Zoë,zoe@example.org\nBen,ben@example.org\n')
    assert [(one.line, one.name, one.email) for one in found] == [
        (2, "Zoë", "zoe@example.org"),
        (3, "Ben", "ben@example.org"),
    ]


def test_an_organisation_with_a_comma_shifts_no_column():
    found = read("Organisation\tEmail\tName\nElm Court, Care\tzoe@example.org\tZoë Okafor\n")
    assert [(one.organisation, one.email, one.name) for one in found] == [
        ("Elm Court, Care", "zoe@example.org", "Zoë Okafor")
    ]


CELLS = st.text(st.characters(categories=("L", "Nd"), include_characters=" ,;.'"), max_size=12).map(str.strip)


@given(
    st.lists(st.tuples(CELLS, CELLS, st.booleans()), min_size=1, max_size=5),
    st.permutations(["reference", "name", "organisation", "meeting", "present", "needs"]),
    st.sampled_from(",;\t"),
)
def test_our_own_sheet_is_read_whatever_separates_its_columns_and_wherever_they_stand(people, columns, separator):
    rows = [
        {"reference": f"AB{n}", "name": name, "organisation": works, "meeting": "1", "present": "yes" if here else "no"}
        for n, (name, works, here) in enumerate(people)
    ]
    written = io.StringIO()
    sheet = csv.DictWriter(written, columns, delimiter=separator, restval="x")
    sheet.writeheader()
    sheet.writerows(rows)
    found = [
        {column: getattr(one, column) for column in ("reference", "name", "organisation", "meeting", "present")}
        for one in read(written.getvalue())
    ]
    assert found == rows
