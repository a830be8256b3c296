"""Who is in the demonstration: four people that anyone may sign in as, and what the others say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """Someone with a name of their own; `role` is one beyond that of a person, and `sees` what there is for them."""

    email: str
    name: str
    sector: str
    organisation: str
    job_role: str
    sees: str
    role: str | None = None


ASHA = Named(
    "asha@example.org",
    "Asha Patel",
    "community_health",
    "Riverside Community Health",
    "District nurse",
    "bookings, an offered place, certificates, the community",
)
TEAM = Named(
    "team@example.org",
    "Tamsin Webb",
    "academia",
    "Programme team",
    "Programme manager",
    "the team’s pages: sessions, bookings, reach, demand",
    "team",
)
FACILITATOR = Named(
    "facilitator@example.org",
    "Femi Adeyemi",
    "third_sector",
    "Harbour House",
    "Community development worker",
    "two sessions to facilitate, with attendance to take",
)
OPERATOR = Named(
    "operator@example.org",
    "Orla Kelly",
    "local_authority",
    "City digital service",
    "Systems engineer",
    "how the system is, and what it could not do",
    "operator",
)
CAST = (ASHA, TEAM, FACILITATOR, OPERATOR)

NEEDS = ("Step-free, please", "Hearing loop", "Large print", "A quiet place to sit at lunch")
PLEDGES = (
    "Ring the ward before I write to it.",
    "Ask what matters to them before I say what we offer.",
    "Take one person from social care to our next planning meeting.",
    "Stop copying everyone in, and talk to the two people who decide.",
    "Spend a morning with the team that we refer to most.",
    "Start our meetings with a case and not with the figures.",
)
NEXT = (
    "More time in small groups, please.",
    "Something on budgets that cross organisations.",
    "How do we keep this up when everyone is back at their desk?",
    "Housing. It comes up in every conversation.",
    "The same again, for people who work nights.",
    "A session in the evening.",
)
SUGGESTIONS = (
    ("theme", "Housing and health: who knows what about a family, and who is allowed to say it?"),
    ("theme", "Working nights: what the city looks like at three in the morning."),
    ("speak", "I could talk about how three practices share one social prescriber."),
    ("theme", "Money that nobody owns: budgets across organisations."),
    ("other", "Could sessions begin at half past nine? School runs make nine hard."),
    ("speak", "Happy to lead an hour on what we learnt from closing a day centre badly."),
)
FROM_SOMEONE = (
    "We both sit on the discharge group and have never spoken. Half an hour over coffee?",
    "You know the rotas and I know who is short of staff. Shall we compare notes?",
    "I would like to see how your team welcomes new people. May I come along one morning?",
)
PITCH = "We have a product that your team will love. May I show it to you?"
REPORT = "This is a sales pitch, and two colleagues got the same one."
SUBJECT = "Bring a piece of real work"
BODY = """\
We will work on what you bring: a meeting that goes wrong, a form that nobody fills in, a patient who falls between two
services. Half a page of notes is enough.

Please leave out names and anything else by which a patient could be recognised."""
DRAFT = {
    "programme": "virtual-sessions",
    "title": "Housing and health: who knows what?",
    "summary": "What each of us knows about a family, and who is allowed to say it.",
    "topics": ["third-sector"],
    "delivery": "virtual",
    "places_online": 60,
}
