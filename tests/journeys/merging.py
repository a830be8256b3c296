"""Merging two accounts as someone does it over the API, with the code from the email."""

import re

from tests.journeys.marks import answered
from tests.sentences import says


def merge(headrow, kept, other):
    """Merge in all steps, as a program would. Returns what was answered."""
    assert kept.post("/me/merge", {"email": other}).status_code == 202
    mail = headrow.mailed(other, says("merge_email.code"))
    code = re.search(r"^(\d{6})\s*$", mail.get_body(("plain",)).get_content(), re.MULTILINE)[1]
    shown = answered(kept.post("/me/merge/proof", {"code": code}))
    assert shown["other"]["email"] == other
    return answered(kept.post("/me/merges", {"version": shown["version"]}, key="merge"))
