"""What a material is of, as the team's pages name it: a session, a programme, or the library as a whole."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.edited_sessions import seen, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.layout import go
from gateway.web.routing import url_for
from services.catalogue.schemas import WITHOUT_SESSION

AUDIENCES: Final = {
    "everyone": "Everybody",
    "community": "Members of the community",
    "attendees": "People who were there",
    "booked": "People who have booked, to prepare",
}


@dataclass(frozen=True)
class Owner:
    """`named` is its part of an address, `of` what the catalogue calls it, and `shown` the session as pages have it."""

    title: str
    listed_at: str  # the routes of its pages
    new_at: str
    pasted_at: str
    named: dict[str, str] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)
    shown: Data = field(default_factory=dict)

    @property
    def session(self) -> Data | None:
        """The session, as pages show it, if it is one."""
        return self.shown.get("session")

    @property
    def audiences(self) -> dict[str, str]:
        """Who its materials can be for, in words."""
        return {name: words for name, words in AUDIENCES.items() if self.session or name in WITHOUT_SESSION}

    @property
    def list_address(self) -> str:
        """Where its materials are listed."""
        return url_for(self.listed_at, **self.named)

    @property
    def new_address(self) -> str:
        """Where one is added."""
        return url_for(self.new_at, **self.named)

    @property
    def paste_address(self) -> str:
        """Where several are added."""
        return url_for(self.pasted_at, **self.named)

    def go(self, done: str) -> Response:
        """Lead to the list, which says what was done."""
        return go(self.listed_at, **self.named, done=done)

    def context(self) -> Data:
        """Return what the templates show of it."""
        return {**self.shown, "owner": self, "audiences": self.audiences}


_of_session = partial(
    Owner,
    listed_at="team_materials.show_materials",
    new_at="team_materials.show_new_material",
    pasted_at="team_pasting.show_paste",
)
_of_programme = partial(
    Owner,
    listed_at="team_library.show_programme_materials",
    new_at="team_library.show_new_of_programme",
    pasted_at="team_library.show_paste_of_programme",
)
_of_neither = partial(
    Owner,
    listed_at="team_library.show_library",
    new_at="team_library.show_new_of_library",
    pasted_at="team_library.show_paste_of_library",
)


def of_session(call: Call, slug: str | None = None) -> Owner:
    """Return the session of this name, or else the one that the address names. Raises NotFound."""
    shown = seen(call, session_of(call, slug))
    slug = shown["session"]["slug"]
    return _of_session(shown["session"]["title"], named={"slug": slug}, of={"session": slug}, shown=shown)


def of_programme(call: Call, slug: str | None = None) -> Owner:
    """Return the programme of this name, or else the one that the address names. Raises NotFound."""
    call.model.require_ready()
    programme = call.catalogue("programme", slug=slug or call.path["slug"]).value
    slug = programme["slug"]
    return _of_programme(programme["title"], named={"slug": slug}, of={"programme": slug})


def of_neither(call: Call) -> Owner:
    """Return the library as a whole."""
    call.model.require_ready()
    return _of_neither("In the library, of no session or programme")


def owner_of(call: Call, material: Data) -> Owner:
    """Return what a material is of. A catalogue of before knows of sessions alone."""
    if material["session"]:
        return of_session(call, material["session"])
    return of_programme(call, material["programme"]) if material.get("programme") else of_neither(call)


def added(call: Call, owner: Owner, given: Data, key: str | None) -> Answer:
    """Have the catalogue add a material. Raises Invalid."""
    if owner.session:
        return call.catalogue("add_material", slug=owner.of["session"], given=given, key=key)
    return call.catalogue("create_material", given={**given, **owner.of}, key=key)


def page_of_materials(call: Call, owner: Owner, cursor: str | None) -> tuple[list[Any], str | None]:
    """Return a page of the owner's materials, drafts among them, and the cursor of the next one."""
    if owner.session:
        return owner.session["materials"], None
    page = call.catalogue("materials_of", programme=owner.of.get("programme"), cursor=cursor, limit=100).value
    return page["items"], page["next"]
