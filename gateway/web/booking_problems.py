"""How refusals about bookings are told as HTTP problems: a part of the table in `problems.py`."""

from typing import Final

from gateway.web.problem import Problem

BOOKINGS: Final[dict[str, Problem]] = {
    "session-full": Problem(
        409,
        "The session is full",
        "All places are taken, and this session has no waiting list or you asked not to join it.",
    ),
    "already-booked": Problem(
        409,
        "You are booked already",
        "A person has one booking for a session. Cancel it first if you want another kind of place.",
    ),
    "booking-closed": Problem(
        409, "Booking is closed", "Booking for this session has not opened yet, or ended when the session began."
    ),
    "applications-closed": Problem(
        409, "Applications are closed", "People could apply for a place in this session until `closed_at`."
    ),
    "by-application": Problem(
        409,
        "Places are given by the team",
        "The team gives the places in this session to people who apply. They are not handed on, and only the team moves"
        " a booking there. Apply for a place.",
    ),
    "nothing-offered": Problem(
        409,
        "Nothing is offered",
        "Only a place that is on offer can be accepted or declined, and this booking has none.",
    ),
    "people-are-waiting": Problem(
        409,
        "People are waiting",
        "A place can be given to a colleague while nobody waits for one, unless the programme allows it always. Cancel"
        " it, and the first person on the waiting list gets it.",
    ),
}
