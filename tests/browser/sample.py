"""A running Headrow with people in it, and somebody who has a booking in each state."""

import re
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from services.registration.attendance import check_in
from tests.journeys.running import Caller, Embedded, System, eventually
from tests.sentences import says

SECRET = "the key that signs what this sample shows"
BEFORE, AFTER = "2027-02-11T13:30:00+00:00", "2027-02-11T16:00:00+00:00"  # before and after PAST has taken place
PAST, COMING = "maxims-in-practice", "leading-across-boundaries"
ASHA, FAY = "asha@example.org", "fay@example.org"


# Nobody is there: who chooses it is told to use a code.
PROVIDERS = """
[leeds]
name = "Leeds City Council"
issuer = "https://127.0.0.1:9/"
client_id = "headrow"
"""


def new_system(folder: Path) -> System:
    """Return a Headrow that has not been started."""
    providers = folder / "providers.toml"
    providers.write_text(PROVIDERS)
    more = {"HEADROW_IDENTITY_PROVIDERS": str(providers)}
    return Embedded(folder, HEADROW_CLOCK=BEFORE, HEADROW_SECRET_KEY=SECRET, **more)


class Sample:
    """Who looks (`tokens`, None for nobody), and what stands in the place of each parameter of a path (`values`)."""

    def __init__(self, headrow: System) -> None:
        """Fill a Headrow that has just been started; a session takes place meanwhile."""
        self.headrow = headrow
        self._http = _patient(requests.Session())
        asha, *others = [headrow.caller(address) for address in (ASHA, "ben@example.org", "cleo@example.org")]
        team = headrow.caller("team@example.org", "team")
        for caller in (asha, team, *others):
            _patient(caller.http)
        self.people = {"asha": asha, "team": team}
        self.tokens: dict[str, str | None] = {
            "nobody": None,
            "newcomer": headrow.token("newcomer@example.org"),
            "asha": _token_of(asha),
            "team": _token_of(team),
            "operator": headrow.token("operator@example.org", "operator"),
            "fay": headrow.token(FAY),
        }
        self._bookings(asha, team, others)
        self._meet()
        self._community(asha, team, others)
        self.values = self._values(asha, team, others)

    def _bookings(self, asha: Caller, team: Caller, others: list[Caller]) -> None:
        self.sessions = {
            "coming": COMING,
            "past": PAST,
            "recorded": "myrons-maxims",
            "full": self._publish(team, "A table for one", 4),
            "offering": self._publish(team, "Room for one more", 5),
            "cancelled": self._publish(team, "A session that is called off", 6),
            "applied": self._publish(team, "A cohort to apply for", 7, by_application=True),
        }
        self.beside = others[0].book(PAST)["reference"]  # of somebody who meets Asha there
        first = [others[0].book(self.sessions[name])["reference"] for name in ("full", "offering")]
        self.bookings = {
            "confirmed": asha.book(COMING, mode="in_room")["reference"],
            "attended": asha.book(PAST)["reference"],
            "absent": others[1].book(PAST)["reference"],
            "waiting": asha.book(self.sessions["full"])["reference"],
            "offered": asha.book(self.sessions["offering"])["reference"],
            "called off": asha.book(self.sessions["cancelled"])["reference"],
            "applied": asha.book(self.sessions["applied"])["reference"],
            "cancelled": asha.book("slp-june-virtual-cohort")["reference"],
        }
        for caller, reference in ((others[0], first[1]), (asha, self.bookings["cancelled"])):
            assert caller.post(f"/bookings/{reference}/cancel").status_code == 200
        asked = {"items": [{"kind": "several", "text": "What do you eat?", "options": ["Vegan", "Halal"]}]}
        headers = {"If-Match": team.get(f"/sessions/{COMING}/questions").headers["ETag"]}
        answer = team.http.patch(f"{team.url}/sessions/{COMING}/questions", json=asked, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        self.question = str(answer.json()["items"][0]["id"])
        asked = {**{"kind": "scale", "text": "How sure are you?"}, "low": "Not sure", "high": "Sure"}
        given = {"items": [asked, {"kind": "text", "text": "Your hopes"}], "moments": ["before", "on_the_day"]}
        path = f"/sessions/{COMING}/evaluation"
        headers = {"If-Match": team.get(path).headers["ETag"]}
        answer = team.http.patch(team.url + path, json=given, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        self.evaluated = str(answer.json()["items"][0]["id"])
        self.namings = [self._name(team, session) for session in (COMING, PAST, self.sessions["cancelled"])]
        reason = {"reason": "The hall is flooded."}
        assert team.post(f"/sessions/{self.sessions['cancelled']}/cancel", reason).status_code == 200
        assert asha.post("/interests", {"topic": "system-leadership"}).status_code == 201
        assert asha.post("/suggestions", {"kind": "theme", "text": "Housing and health"}).status_code == 201
        wanted = {"size": 2, "rounds": 2, "hosts": [self.bookings["confirmed"]]}
        tables = f"/sessions/{COMING}/tables"
        eventually(lambda: team.post(tables, wanted).ok)
        assert team.post(f"{tables}/publish").status_code == 200  # people were told of these, and there is
        assert team.post(tables, {**wanted, "seed": 2}).status_code == 201  # a draft of others
        eventually(lambda: asha.booking(self.bookings["offered"])["state"] == "offered")
        eventually(lambda: asha.booking(self.bookings["called off"])["state"] == "cancelled")

    def _name(self, team: Caller, session: str) -> str:
        """Have Fay facilitate a session."""
        return str(team.post(f"/sessions/{session}/facilitators", {"email": FAY}).json()["id"])

    def _coordinate(self, team: Caller) -> str:
        """Have Fay coordinate an organisation."""
        given = {"organisation": "Elm Court", "email": FAY}
        return str(team.post("/organisations/coordinators", given).json()["id"])

    def _publish(self, team: Caller, title: str, day: int, *, by_application: bool = False) -> str:
        meetings = [{"starts_at": f"2027-05-{day:02d}T10:00:00", "ends_at": f"2027-05-{day:02d}T11:00:00"}]
        new = {"programme": "virtual-sessions", "delivery": "virtual", "places_online": 1, "waiting_list": "offer"}
        new["by_application"] = by_application
        slug: str = team.post("/sessions", {**new, "title": title, "meetings": meetings}).json()["slug"]
        assert team.post(f"/sessions/{slug}/publish").status_code == 200
        eventually(lambda: team.get(f"/sessions/{slug}/bookings").ok)
        can = "waiting_list" if by_application else "open"
        eventually(lambda: team.get(f"/sessions/{slug}").json().get("booking") == can)
        return slug

    def _meet(self) -> None:
        """Have PAST take place."""
        team = self.people["team"]
        sheet = f"reference,meeting,present\r\n{self.bookings['attended']},1,yes\r\n{self.bookings['absent']},1,no\r\n"
        sheet += f"{self.beside},1,yes\r\n"
        path, headers = f"{team.url}/sessions/{PAST}/attendance", {"Content-Type": "text/csv"}
        answer = team.http.post(path, data=sheet, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        self.headrow.stop()
        self.headrow.environment["HEADROW_CLOCK"] = AFTER
        self.headrow.start()
        asha = self.people["asha"]
        eventually(lambda: asha.booking(self.bookings["attended"])["state"] == "attended")
        eventually(lambda: asha.get("/me/export").json()["certificates"])
        said = {"useful": 4, "differently": "Ask first.\nThen listen."}
        assert asha.post(f"/bookings/{self.bookings['attended']}/feedback", said).status_code == 200

    def _community(self, asha: Caller, team: Caller, others: list[Caller]) -> None:
        """Have members, of whom Asha has met one and has introductions with, and one who is reported."""
        ben, cleo = others
        ben.introduce(sector="social_care")
        profile = {"about": "Nights, mostly.\nAsk me.", "topics": ["psychology"], "tell_tablemates": True}
        for caller in (asha, team, ben, cleo):
            eventually(lambda caller=caller: caller.post("/community/join", profile).status_code == 201)
        self.members = [str(caller.get("/me").json()["id"]) for caller in (ben, asha, cleo, team)]
        eventually(lambda: asha.get("/community/met").json()["items"])
        asks = ((ben, 1), (asha, 2), (asha, 3), (ben, 2))  # who asks whom: open, accepted, waiting and reported
        said = [(by, {"to": self.members[to], "message": "Hello"}) for by, to in asks]
        asked = [by.post("/introductions", given, key=str(n)) for n, (by, given) in enumerate(said)]
        self.introductions = [answer.json()["id"] for answer in asked]
        assert cleo.post(f"/introductions/{self.introductions[1]}/accept").status_code == 200
        report = {"text": "I do not like the tone."}
        assert cleo.post(f"/introductions/{self.introductions[3]}/report", report).status_code == 200

    def _values(self, asha: Caller, team: Caller, others: list[Caller]) -> dict[str, list[str]]:
        sessions, bookings = [*self.sessions.values()], [*self.bookings.values()]
        draft = {"programme": "virtual-sessions", "title": "Not shown yet", "delivery": "virtual", "places_online": 9}
        draft["meetings"] = [{"starts_at": "2027-06-01T10:00:00", "ends_at": "2027-06-01T11:00:00"}]
        hidden = team.post("/sessions", draft).json()["slug"]
        messages = eventually(lambda: team.get("/messages", params={"person": ASHA}).json()["items"])
        letters = eventually(lambda: _found(r'/dev/mail/([0-9a-f-]{36})"', self.read(f"/dev/mail?to={ASHA}", "nobody")))
        previews = eventually(lambda: _found(r'/previews/([a-z_]+)"', self.read("/team/messages/previews", "team")))
        stop = next(found for m in self.headrow.mail(ASHA) if (found := re.search(r"/emails/([^\s>]+)", m.as_string())))
        return {
            "sessions/{slug}": [*sessions, hidden],
            "bookings/{reference}": bookings,
            "check-in/{token}": [check_in.token_of(bookings[1], SECRET), check_in.token_of(bookings[2], SECRET)],
            "certificates/{code}": [asha.get("/me/export").json()["certificates"][0]["code"]],
            "emails/{token}": [stop[1]],
            "message-drafts/{id}": [self._drafted(team)],
            "drafts/{id}": [self._drafted(team)],
            "messages/{id}": [message["id"] for message in messages[:3]],
            "previews/{template}": sorted(set(previews))[:3],
            "problems/{slug}": ["session-full"],
            "mail/{id}": letters[:2],
            "programmes/{slug}": [team.get("/programmes").json()["items"][0]["slug"]],
            "speakers/{slug}": [team.get("/speakers").json()["items"][0]["slug"]],
            "topics/{slug}": ["system-leadership"],
            "topics/{topic}": ["system-leadership"],
            "questions/{question}": [self.question],
            "evaluation/{question}": [self.evaluated],
            "recordings/{id}": [self._recorded(team)],
            "materials/{id}": [team.get("/materials").json()["items"][0]["id"]],
            "interests/{id}": [asha.get("/interests").json()["items"][0]["id"]],
            "members/{id}": self.members[:2],
            "introductions/{id}": self.introductions,
            "reports/{id}": [report["id"] for report in team.get("/reports").json()["items"]],
            "met/{slug}": [PAST],
            "facilitators/{id}": self.namings[:1],
            "coordinators/{id}": [self._coordinate(team)],
            "coordinating/{id}": [self._coordinate(team)],
            "welcome/{token}": ["a-token-that-was-used"],
            "sectors/{code}": ["social_care"],
            "colleagues/{id}": [team.get("/roles").json()["items"][0]["id"]],
            "roles/{id}": [team.get("/roles").json()["items"][0]["id"]],
            "people/{id}": [asha.get("/me").json()["id"]],
            "people/{person}": [asha.get("/me").json()["id"]],
            "move-in/{kind}": ["people", "sessions"],
            "move-in/{id}": [self._imported(team)],
            "merges/{id}": [self._merged(asha, team)],
            **self._with_addresses(asha),
            **self._with_employments(asha),
        }

    def _imported(self, team: Caller) -> str:
        """Import someone; return the import."""
        sheet = b"Email,Name\nimported@example.org,Imani Brought"
        answer = team.http.post(
            f"{team.url}/imports/people", data=sheet, headers={"Content-Type": "text/csv"}, timeout=20
        )
        return str(answer.json()["id"])

    def _drafted(self, team: Caller) -> str:
        """Begin a message; return its draft."""
        begun = {"session": self.sessions["coming"], "to": "all", "subject": "Bring a pen", "body": "Hello"}
        answer = team.post("/message-drafts", begun)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _recorded(self, team: Caller) -> str:
        """Publish a recording that has a player; return it."""
        recording = {"kind": "recording", "title": "Watch it again", "url": "https://youtu.be/dQw4w9WgXcQ"}
        id = team.post(f"/sessions/{PAST}/materials", recording).json()["id"]
        checks = {"speaker_consents": True, "captions_checked": True, "attendee_voices_checked": True}
        assert team.post(f"/materials/{id}/publish", checks).status_code == 200
        eventually(lambda: team.get(f"/materials/{id}").ok)
        return str(id)

    def _merged(self, asha: Caller, team: Caller) -> str:
        """Have the team merge another account into Asha's; return the merge."""
        old = "asha@before.example"
        self.headrow.caller(old)
        people = f"/people/{asha.get('/me').json()['id']}"
        shown = team.post(f"{people}/merge-preview", {"email": old}).json()
        merge = {"email": old, "version": shown["version"], "reason": "She asked for it."}
        answer = team.post(f"{people}/merges", merge)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _with_addresses(self, asha: Caller) -> dict[str, list[str]]:
        """Have Asha add an address, and ask for another; return hers, and what undoes that and a change of address."""
        assert asha.post("/me/addresses", {"email": "asha@home.example"}).status_code == 202
        code = self._in_mail("asha@home.example", says("addresses_changed.code"), r"^(\d{6})\s*$")
        assert asha.post("/me/addresses/confirm", {"code": code}).status_code == 201
        added = self._in_mail(ASHA, says("addresses_changed.added"), r"/account/email/undo/(\S+)")
        assert asha.post("/me/addresses", {"email": "asha@third.example"}).status_code == 202
        theirs = [row["id"] for row in asha.get("/me/addresses").json()["items"]]
        return {"addresses/{id}": theirs, "addresses/{address}": theirs, "undo/{token}": [self._moved(), added]}

    def _with_employments(self, asha: Caller) -> dict[str, list[str]]:
        """Have Asha say where she worked before; return all of hers."""
        earlier = {"organisation": "Elm Court", "sector": "social_care", "since": "2024-09-01", "until": "2025-03-31"}
        assert asha.post("/me/employments", earlier).status_code == 201
        theirs = [row["id"] for row in asha.get("/me/employments").json()["items"]]
        return {"employments/{id}": theirs, "employments/{employment}": theirs}

    def _in_mail(self, to: str, subject: str, pattern: str) -> str:
        text = self.headrow.mailed(to, subject).get_body(("plain",)).get_content()
        return str(re.search(pattern, text, re.MULTILINE)[1])

    def _moved(self) -> str:
        """Have someone change their address; return what undoes it."""
        old, new = "mover@example.org", "mover@new.example"
        mover = self.headrow.caller(old)
        assert mover.post("/me/email", {"email": new}).status_code == 202
        code = self._in_mail(new, says("email_change.code"), r"^(\d{6})\s*$")
        assert mover.post("/me/email/confirm", {"code": code}).status_code == 200
        return self._in_mail(old, says("email_change.changed"), r"/account/email/undo/(\S+)")

    def read(self, path: str, who: str) -> requests.Response:
        """Return a page as somebody gets it who has no cookie but the one that signs in."""
        cookies = {"headrow_session": token} if (token := self.tokens[who]) else {}
        self._http.cookies.clear()
        return self._http.get(self.headrow.url + path, cookies=cookies, timeout=20)


def code_for(sample: Sample, address: str, after: int) -> str:
    """Return the code in the letter that comes to an address after so many others."""
    return re.search(r"^[0-9]{6}", _letter_with_code(sample, address, after), re.MULTILINE)[0]


def link_for(sample: Sample, address: str, after: int) -> str:
    """Return the link in that letter."""
    return re.search(r"https?://\S+/sign-in/confirm\S+", _letter_with_code(sample, address, after))[0]


def _letter_with_code(sample: Sample, address: str, after: int) -> str:
    letter = eventually(lambda: [m for m in sample.headrow.mail(address) if "code" in m["Subject"]][after:])[-1]
    return str(letter.get_body(("plain",)).get_content())


def _patient(http: requests.Session) -> requests.Session:
    """Have it ask again where a service does not answer in time, as happens on a machine that does much else."""
    http.mount("http://", HTTPAdapter(max_retries=Retry(8, status_forcelist=[503], allowed_methods=None)))
    return http


def _found(pattern: str, page: requests.Response) -> list[str]:
    return re.findall(pattern, page.text)


def _token_of(caller: Caller) -> str:
    return str(caller.http.headers["Authorization"]).removeprefix("Bearer ")
