"""What people say to one another and to the team: the community, its introductions, interests and suggestions."""

from collections.abc import Iterator, Sequence
from functools import partial

from services.community import introductions, members, reports
from services.community.population import WISH, WORK
from services.demo.cast import ASHA, FACILITATOR, FROM_SOMEONE, PITCH, REPORT, SUGGESTIONS
from services.demo.past_sessions import LAST
from services.demo.town import A_DAY, Beat, Town, at, confirmed
from services.registration.models import Person
from services.registration.voices import interests, suggestions

JOINING = (140, 95, 40)  # days ago, on which strangers joined the community
A_GROUP = 9
ASKING = 40  # people who want to hear of more


def beats(town: Town) -> Iterator[Beat]:
    """Yield them."""
    for n, ago in enumerate(JOINING):
        yield Beat(town.days_ago(ago, 14), partial(_join_some, town, n))
    two_days_before = at(town.day_of(LAST) - 2 * A_DAY, 14)
    yield Beat(two_days_before, partial(_join_those_of_the_last_session, town))
    yield Beat(town.days_ago(84, 9), lambda: _join(town, [town.ids[ASHA], town.ids[FACILITATOR]]))
    yield Beat(town.days_ago(20, 10), lambda: _introduce(town, town.ids[ASHA], town.strangers[0], accepted=True))
    yield Beat(town.days_ago(6, 11), lambda: _report(town, town.strangers[3], town.strangers[4]))
    yield Beat(town.days_ago(3, 10), lambda: _introduce(town, town.strangers[1], town.ids[ASHA]))
    yield Beat(town.days_ago(2, 11), lambda: _introduce(town, town.ids[ASHA], town.strangers[2]))
    yield Beat(town.days_ago(15, 13), partial(_ask_for_more, town))
    for n, said in enumerate(SUGGESTIONS):
        yield Beat(town.days_ago(4 + 5 * n, 13), partial(_suggest, town, n, *said))


def _join_some(town: Town, group: int) -> None:
    _join(town, town.strangers[group * A_GROUP : (group + 1) * A_GROUP])


def _join_those_of_the_last_session(town: Town) -> None:
    """They are members when they meet, so that each of them sees who they met."""
    with town.database("registration").look() as db:
        ids = [booking.person_id for booking in confirmed(db, LAST)]
    _join(town, ids)


def _join(town: Town, ids: Sequence[str]) -> None:
    with town.database("community").begin() as db:
        for id in ids:
            about = f"{town.chance.choice(WORK)}. {town.chance.choice(WISH)}"
            topics = town.chance.sample(town.programme["topics"], town.chance.randint(1, 3))
            members.join(db, town.caller(id), town.stage.now(), about, topics, tell_tablemates=True)


def _introduce(town: Town, by: str, to: str, words: str | None = None, *, accepted: bool = False) -> str:
    now, words = town.stage.now(), words or town.chance.choice(FROM_SOMEONE)
    with town.database("community").begin() as db:
        made = introductions.propose(db, town.caller(by), now, to, words)
        if accepted:
            introductions.accept(db, town.caller(to), made["id"], now)
    return str(made["id"])


def _report(town: Town, by: str, to: str) -> None:
    introduction = _introduce(town, by, to, PITCH)
    with town.database("community").begin() as db:
        reports.report(db, town.caller(to), introduction, town.stage.now(), REPORT)


def _suggest(town: Town, n: int, kind: str, text: str) -> None:
    with town.database("registration").begin() as db:
        suggestions.suggest(db, db.get_one(Person, town.strangers[-1 - n]), town.stage.now(), kind, text)


def _ask_for_more(town: Town) -> None:
    named = [{"topic": topic} for topic in town.programme["topics"]]
    named += [{"programme": part["slug"]} for part in town.programme["programmes"]]
    weights = [1 + 7 * n % 5 for n in range(len(named))]
    with town.database("registration").begin() as db:
        interests.register(db, town.person(db, ASHA), town.stage.now(), topic="systems-thinking")
        for id in town.strangers[:ASKING]:
            wanted = town.chance.choices(named, weights)[0]
            interests.register(db, db.get_one(Person, id), town.stage.now(), **wanted)
