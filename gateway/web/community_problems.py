"""How refusals of the community are told as HTTP problems: a part of the table in `problems.py`."""

from typing import Final

from gateway.web.problem import Problem

COMMUNITY: Final[dict[str, Problem]] = {
    "not-a-member": Problem(
        403,
        "For members of the community",
        "Members see each other and can be introduced. To join takes a name and a sector, and what this site asks for"
        " besides. You can leave at any time.",
    ),
    "not-open-to-you": Problem(
        403,
        "Come to a session first",
        "On this site, people join the community once they have come to a session, or where the programme team has"
        " confirmed the organisation that they work for. Whoever is a member stays one.",
    ),
    "account-too-new": Problem(
        403,
        "The account is too new",
        "On this site, a new account cannot ask to meet people at once, so that nobody makes one just to write to"
        " others. “again_at” says from when it can, and “retry_after” in how many seconds.",
    ),
    "removed-from-community": Problem(
        403,
        "Taken out of the community",
        "The programme team has taken this person out of the community, and told them why: “reason” says it. They can"
        " join once the team has let them in again.",
    ),
    "too-many-introductions": Problem(
        429,
        "Too many introductions",
        "A member may ask 3 people in 7 days, so that everyone who is asked can answer. “again_at” says when you may"
        " ask the next one.",
    ),
    "introduction-waiting": Problem(
        409,
        "They have asked you already",
        "The other person has asked to meet you. “introduction” names what waits for your answer.",
    ),
    "already-asked": Problem(
        409,
        "You have asked already",
        "The same person can be asked once in 90 days, whatever they answered. “again_at” says when you may ask again.",
    ),
    "already-introduced": Problem(
        409,
        "You have been introduced",
        "You and this person have both said yes before. “introduction” names where their address is.",
    ),
    "introduction-over": Problem(
        409,
        "The introduction is not open",
        "It was answered or taken back, or its 14 days are over, so this can no longer be done.",
    ),
}
