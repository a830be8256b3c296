"""Registration, and an identity provider that people go to and come back from."""

from dataclasses import replace

from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.accounts import tokens
from services.runtime import clock
from tests.registration.calls import World

HERS, THEIRS = "of her browser", "of another browser"
AMINA = "amina@example.org"


class Abroad:
    """Registration, and a provider that people go to and come back from."""

    def __init__(self, engine, provider, *others):
        self.world = World(engine)
        self.provider = provider
        described = tuple(each.described for each in (provider, *others))
        self.world.service.settings = replace(self.settings, identity_providers=described)
        self.database = self.world.service.database

    @property
    def settings(self):
        return self.world.service.settings

    def ask(self, method, who=None, **named):
        return self.world.ask(method, who, **named)

    def told(self, method, who=None, **named):
        """Return what a call answered, or the code of its refusal."""
        reply = self.ask(method, who, **named)
        return reply.value if reply.refusal is None else reply.refusal.code

    def go(self, who=None, browser=HERS, provider=None):
        """Send a browser there; return the state."""
        provider = provider or self.provider
        method = "begin_identity" if who else "begin_at_provider"
        way = self.told(method, who, given={"provider": provider.described.id, "browser": browser})
        assert provider.sent(way["url"]) == way["state"]
        return way["state"]

    def come_back(self, state, browser=HERS, provider="leeds", **more):
        given = {"provider": provider, "state": state, "code": "a code", "browser": browser, **more}
        return self.told("prove_at_provider", given=given)

    def finish(self, state, browser=HERS, **codes):
        given = {"state": state, "browser": browser, **codes}
        return self.told("finish_at_provider", given=given, device="Firefox on Linux")

    def sign_in(self, **codes):
        state = self.go()
        assert self.come_back(state) == {"added": False}
        return self.finish(state, **codes)

    def known(self, token):
        with self.database.begin() as db:
            needs = self.settings.needs_second_factor
            return tokens.signed_in(db, tokens.hash_of(token), clock.now(), needs_factor=needs)

    def announced(self, type_):
        with self.database.begin() as db:
            ours = select(outbox.c.envelope).where(outbox.c.type == f"registration.{type_}.v1")
            rows = db.scalars(ours.order_by(outbox.c.position))
            return [Envelope.from_json(row).data for row in rows]

    def mailed(self):
        return self.announced("sign_in_requested")[-1]["code"]

    def confirm(self, state):
        """Have Amina confirm that her account is hers."""
        assert self.told("mail_provider_code", given={"state": state, "browser": HERS}, address="192.0.2.1") == AMINA
        return self.finish(state, code=self.mailed())

    def link_amina(self):
        state = self.go()
        self.come_back(state)
        return self.confirm(state)
