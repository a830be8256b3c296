"""Who sits with whom: whoever runs a session has tables made, moves people, prints cards, badges, and tells people."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.tables import table_form
from gateway.features.tables.api import tables_of, when_made
from gateway.features.tables.cards import badges_of, cards_of, name_of
from gateway.features.tables.table_form import Form
from gateway.parts.editing import is_stale, refused, version_of
from gateway.parts.sign_ins import FOR_FACILITATORS, key_of, once, show
from gateway.parts.team_views import sector_name, session_of, where_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal

routes = page_routes("team_tables", sign_in=FOR_FACILITATORS, private=True)
PATIENCE: Final = 6.0  # seconds that a page waits for tables; then it says that they are being made
LOOK_AGAIN: Final = "3"  # seconds
FIELDS: Final = 3000  # two boxes for each person, and all others
DONE: Final = {
    "made": "The {many} are made. Nobody is told until you publish them.",
    "moved": "Done. The figures below say what has changed.",
    "updated": "The {many} are up to date.",
    "published": "The {many} are published. We are emailing everybody the number of their {one}.",
}
WORDS: Final = {
    "tables": {"one": "table", "many": "tables", "title": "Table"},
    "rooms": {"one": "breakout room", "many": "breakout rooms", "title": "Breakout room"},
}
IN_THE_WAY: Final = {
    "session-cancelled": "This session is cancelled, so its {many} cannot be changed.",
    "session-finished": "This session is over, so its {many} cannot be changed.",
    "tables-being-made": "The {many} are being made just now. Try again in a few seconds.",
    "stale-version": "Somebody else has changed the {many}. Look at them again before you change them",
}


@routes.route("GET", "/team/sessions/{slug}/tables", "Tables of a session", requires="facilitator", query=("done",))
def show_tables(call: Call) -> Response:
    """Who sits where, how good that is, and what can be done; or that there are no tables yet."""
    return _show(call, done=call.query().get("done", ""))


@routes.route("GET", "/team/sessions/{slug}/tables/make", "Make tables", requires="facilitator")
def show_make(call: Call) -> Response:
    """The form; with what the tables were made by before, where there are any."""
    session_of(call)
    view = _view(call)
    return _show_form(call, table_form.form_of(view) if view else table_form.empty_form())


@routes.route(
    "POST", "/team/sessions/{slug}/tables/make", "Make tables", requires="facilitator", most_fields=FIELDS, most=LARGE
)
def make(call: Call) -> Response:
    """Leads to the tables; or adds a row to the form; or says what is wrong in it."""
    session, form = session_of(call), table_form.read_form(call.given)
    if longer := table_form.with_a_row(form, call.given.get("do", "")):
        return _show_form(call, longer)
    wanted, errors = table_form.wanted_of(form)
    if errors:
        return _show_form(call, form, errors)
    named = {"slug": session["slug"], "given": wanted, "key": key_of(call)}
    refusal = refused(lambda: call.community("plan_tables", **named))
    if refusal is not None:
        return _not_made(call, form, refusal)
    when_made(call, PATIENCE)
    return go("team_tables.show_tables", slug=session["slug"], done="made")


@routes.route(
    "POST", "/team/sessions/{slug}/tables/move", "Move somebody", requires="facilitator", back="team_tables.show_tables"
)
def move(call: Call) -> Response:
    """Leads to the tables, whose figures follow."""
    session = session_of(call)
    where, round = call.given.get("where", ""), call.given.get("round", "1")
    reference = call.given.get("reference", "")
    errors = {} if reference else {"reference": "Choose who is to move"}
    if not where:
        errors["where"] = "Choose where they are to sit"
    if errors:
        return _show(call, 422, errors=errors)
    kind, _, target = where.partition("-")
    to: Data = {"swap_with": target} if kind == "with" else {"table": _number(target)}
    given = {"reference": reference, "round": _number(round), **to}
    named = {"slug": session["slug"], "version": version_of(call), "given": given, "key": key_of(call)}
    refusal = refused(lambda: call.community("move_seat", **named))
    if refusal is None:
        return go("team_tables.show_tables", slug=session["slug"], done="moved")
    if is_stale(refusal):
        return _in_the_way(call, refusal, "reference")
    if refusal.code == Invalid.code:
        fields = {"swap_with": "where", "table": "where"}
        told = {error["field"]: table_form.CHOSEN.told(error) for error in refusal.facts["errors"]}
        return _show(call, 422, errors={fields.get(field, field): words for field, words in told.items()})
    return _in_the_way(call, refusal)


@routes.route(
    "POST",
    "/team/sessions/{slug}/tables/update",
    "Bring tables up to date",
    requires="facilitator",
    back="team_tables.show_tables",
)
def update(call: Call) -> Response:
    """Leads to the tables, with those who have come and without those who have gone."""
    session = session_of(call)
    named = {"slug": session["slug"], "given": {"over": _number(call.given.get("over", "0"))}, "key": key_of(call)}
    refusal = refused(lambda: call.community("update_tables", **named))
    if refusal is None:
        return go("team_tables.show_tables", slug=session["slug"], done="updated")
    if refusal.code == Invalid.code:
        return _show(call, 422, errors={"over": table_form.CHOSEN.told(refusal.facts["errors"][0])})
    return _in_the_way(call, refusal)


@routes.route("GET", "/team/sessions/{slug}/tables/publish", "Publish tables", requires="facilitator")
def show_publish(call: Call) -> Response:
    """Says how many people will be told, with a button."""
    session, view = session_of(call), _view(call)
    if view is None or not view["rounds"] or view["being_made"] or view["status"] == "published":
        return go("team_tables.show_tables", slug=session["slug"])
    return show(call, "team_tables_publish.html", session=session, **_seen(call, view))


@routes.route("POST", "/team/sessions/{slug}/tables/publish", "Publish tables", requires="facilitator")
def publish(call: Call) -> Response:
    """Leads to the tables; everybody is told by email where they sit."""
    session = session_of(call)
    try:
        once(lambda: call.community("publish_tables", slug=session["slug"], key=key_of(call)))
    except Refusal as refusal:
        return _in_the_way(call, refusal)
    return go("team_tables.show_tables", slug=session["slug"], done="published")


@routes.route(
    "GET",
    "/team/sessions/{slug}/tables/cards.pdf",
    "Cards for the tables",
    requires="facilitator",
    media="application/pdf",
    back="team_tables.show_tables",
)
def print_cards(call: Call) -> Response:
    """A page for each table."""
    title, view = _printed(call)
    return _pdf(call, cards_of(view, title, call.app.typeset), f"tables-{view['session']}")


@routes.route(
    "GET",
    "/team/sessions/{slug}/tables/badges.pdf",
    "Name badges",
    requires="facilitator",
    media="application/pdf",
    back="team_tables.show_tables",
)
def print_badges(call: Call) -> Response:
    """Ten on a page."""
    title, view = _printed(call)
    return _pdf(call, badges_of(view, title, call.app.typeset), f"badges-{view['session']}")


def _view(call: Call) -> Data | None:
    """Return the tables that are worked on; None where there are none yet."""
    try:
        return tables_of(call)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        return None


def _printed(call: Call) -> tuple[str, Data]:
    """Return the session's title and its tables. Raises NotFound where nobody sits anywhere yet."""
    session, view = session_of(call), tables_of(call)
    if not view["rounds"]:
        raise NotFound("There are no tables to print yet.")
    return session["title"], view


def _pdf(call: Call, content: bytes, name: str) -> Response:
    response = responses.single(call, content, conditional.tag(content), personal=True, media="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def _show(
    call: Call,
    status: int = 200,
    *,
    done: str = "",
    errors: Errors | None = None,
    in_the_way: tuple[str, str] | None = None,
) -> Response:
    """Show the tables; `in_the_way` is the field that says what is, and the code of the refusal."""
    session, view = session_of(call), _view(call)
    people: Data = {} if view else _people(call)
    words = WORDS[(view or people)["kind"]]
    if in_the_way:
        errors = {in_the_way[0]: IN_THE_WAY[in_the_way[1]].format(**words)}
    shared: Data = {"session": session, "errors": errors or {}, "done": DONE.get(done, "").format(**words)}
    if view is None:
        return show(call, "team_tables_none.html", status, people=len(people["items"]), words=words, **shared)
    if done == "published" and view["status"] != "published":
        shared["done"] = ""
    chosen = {name: call.given.get(name, "") for name in ("reference", "round", "where")}
    response = show(call, "team_tables.html", status, chosen=chosen, **shared, **_seen(call, view))
    if view["being_made"]:
        response.headers["Refresh"] = LOOK_AGAIN
    return response


def _seen(call: Call, view: Data) -> Data:
    """Return the tables as the pages show them, with what is to be said of them."""
    words = WORDS[view["kind"]]
    seats = [seat for tables in view["rounds"] for table in tables for seat in table]
    names = {seat["reference"]: name_of(seat) for seat in seats}
    wished = {name: {*view["wishes"][name]} for name in ("hosts", "step_free")}
    rounds = [
        [[_row(call, seat, wished, len(table)) for seat in table] for table in tables] for tables in view["rounds"]
    ]
    people = {one["reference"]: _choice(one) for one in (*view["changed"]["come"], *seats)}
    gone = {one["reference"] for one in view["changed"]["gone"]}
    return {
        "view": view,
        "words": words,
        "rounds": rounds,
        "score": _score_in_words(view, words),
        "broken": [_broken_in_words(wish, names, words, len(rounds)) for wish in view["broken"]],
        "people": sorted(people.items(), key=lambda item: (item[1].casefold(), item[0])),
        "come": [name_of(one) for one in view["changed"]["come"]],
        "gone": [name_of(one) for one in view["changed"]["gone"]],
        "told": len(names.keys() - gone),
    }


def _row(call: Call, seat: Data, wished: dict[str, set[str]], size: int) -> Data:
    return {
        "reference": seat["reference"],
        "name": name_of(seat),
        "host": seat["reference"] in wished["hosts"],
        "step_free": seat["reference"] in wished["step_free"],
        "where": where_of(call, seat),
        "met": size - 1 - seat["new"] if "new" in seat else 0,  # for the team alone to know
    }


def _score_in_words(view: Data, words: dict[str, str]) -> list[str]:
    score = view["score"]
    settings, kept = score["sectors_per_table"], len(view["broken"])
    wishes = "All wishes met" if not kept else "1 wish not met" if kept == 1 else f"{kept} wishes not met"
    return [
        f"{score['met_new']:,} of {score['possible']:,} possible meetings of two people who have not met before",
        f"{settings:g} setting{'' if settings == 1 else 's'} at each {words['one']}, on average",
        wishes,
    ]


def _broken_in_words(wish: Data, names: dict[str, str], words: dict[str, str], rounds: int) -> str:
    people = [names.get(one, one) for one in wish["references"]]
    who = " and ".join([", ".join(people[:-1]), people[-1]]) if len(people) > 1 else "".join(people)
    one = words["one"]
    said: dict[str, str] = {
        "apart": f"{who} sit at one {one}, and should not",
        "together": f"{who} do not sit at one {one}, and should",
        "step-free": f"{who} does not sit where there are no steps",
        "host": f"{who} does not stay at one {one} as its host"
        if len(people) == 1
        else f"{who} are hosts of one {one}",
        "twice": f"{who} sits in two places",
        "uneven": f"some {words['many']} have more than one person more than others",
    }
    text = said[wish["rule"]]
    return f"Round {wish['round']}: {text}" if rounds > 1 else text[:1].upper() + text[1:]


def _people(call: Call) -> Data:
    return dict(call.community("people_to_seat", slug=call.path["slug"]).value)


def _show_form(call: Call, form: Form, errors: Errors | None = None) -> Response:
    session, told = session_of(call), _people(call)
    people = [
        {**one, "name": name_of(one), "where": one["organisation"] or "", "sector": sector_name(call, one["sector"])}
        for one in told["items"]
    ]
    choices = [{"value": one["reference"], "text": _choice(one)} for one in people]
    context: dict[str, Any] = {
        "people": people,
        "choices": choices,
        "form": form,
        "errors": errors or {},
        "words": WORDS[told["kind"]],
        "kind": told["kind"],
        "checked_in": sum(one["checked_in"] for one in told["items"]),
    }
    status = 422 if errors else 200
    return show(call, "team_tables_form.html", status, session=session, **context)


def _choice(person: Data) -> str:
    """Return somebody as they stand in a list to choose from, where two may have one name."""
    return f"{name_of(person)}, {person['organisation']}" if person["organisation"] else name_of(person)


def _not_made(call: Call, form: Form, refusal: Refusal) -> Response:
    if refusal.code == Invalid.code:
        return _show_form(call, form, table_form.errors_of(refusal, form))
    return _in_the_way(call, refusal)


def _in_the_way(call: Call, refusal: Refusal, field: str = "tables") -> Response:
    """Show the tables with what is in the way. Raises the refusal if no page can say it."""
    if refusal.code not in IN_THE_WAY:
        raise refusal
    return _show(call, 409, in_the_way=(field, refusal.code))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
