"""The pages on privacy say what the code does."""

from pathlib import Path

from services.catalogue import retention as of_catalogue
from services.community import retention as of_community
from services.notifications import retention as of_notifications
from services.registration import retention as of_registration
from services.runtime.retention import RETENTION

PAGE = Path(__file__).parents[2] / "docs" / "privacy" / "retention.md"


def rows():
    lines = PAGE.read_text().split("\n")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [tuple(row) for row in cells[1:]]


def test_the_page_of_periods_shows_the_table_of_periods():
    assert rows() == [(p.what, p.in_words, p.after, p.place) for p in RETENTION.values()]


def test_every_rule_is_of_a_period_of_its_service():
    for service, of_service in (
        ("registration", of_registration),
        ("notifications", of_notifications),
        ("community", of_community),
        ("catalogue", of_catalogue),
    ):
        assert {RETENTION[rule.name].place for rule in of_service.RULES} == {service}
