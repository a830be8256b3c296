"""What the team reads of messages before people do."""

import pytest

from services.notifications import previews
from services.notifications.message_types import MESSAGE_TYPES, TO_AN_ADDRESS
from services.runtime.refusals import NotFound
from tests.notifications.conftest import LETTERHEAD
from tests.sentences import says


def test_every_kind_has_an_example_with_its_subject():
    lines = previews.every_kind(LETTERHEAD)["items"]
    assert [line["template"] for line in lines] == list(MESSAGE_TYPES)
    assert all(line["subject"] for line in lines)


@pytest.mark.parametrize("template", MESSAGE_TYPES)
def test_an_example_reads_as_a_letter_does(template):
    example = previews.preview(LETTERHEAD, template)
    assert example["plain"].startswith("Hello")
    assert f"<title>{example['subject']}</title>".replace("’", "") in example["html"].replace("’", "")
    assert (says("email.choose") in example["plain"]) == (template not in TO_AN_ADDRESS)


def test_the_links_of_an_example_choose_nothing_for_anybody():
    for template in MESSAGE_TYPES:
        example = previews.preview(LETTERHEAD, template)
        links = [link for link in example["plain"].split() if "/emails/" in link or "/undo/" in link]
        assert all(previews.ITS_OWN in link for link in links)


def test_there_is_no_example_of_what_is_never_sent():
    with pytest.raises(NotFound):
        previews.preview(LETTERHEAD, "poem")
