"""What roles protect: only who has one gives one, what is taken is gone at once, and the first comes in once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from services.bus.models import metadata as bus_tables
from services.registration import access, my_data, schemas
from services.registration.accounts import roles, tokens, welcome
from services.registration.errors import LastOperator, OwnRole, WelcomeOver
from services.registration.models import Base, Role, Welcome
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotAllowed, NotFound, NotSignedIn
from services.runtime.schemas import load
from tests.registration.conftest import NOW

BEA = "bea@example.org"
LATER = NOW + timedelta(minutes=59)


@pytest.fixture
def tess(db, person):
    tess = person("tess")
    roles.give(db, tess, "team", NOW)
    return tess


@pytest.fixture
def olu(db, person):
    olu = person("olu")
    roles.give(db, olu, "operator", NOW)
    return olu


def shown(db):
    return schemas.RolePage().dump(roles.page(db, None, 20))["items"]


class TestGiving:
    def test_whoever_gets_a_role_has_it_and_the_list_says_since_when_and_by_whose_word(self, db, tess):
        given = roles.give_to(db, tess, LATER, BEA, "team")
        assert given["person"].roles == ["person", "team"]
        first, second = shown(db)
        assert (first["person"]["id"], first["given_by"]) == (tess.id, None)
        assert second == {
            "id": given["id"],
            "person": {"id": given["person"].id, "name": None, "email": BEA},
            "role": "team",
            "since": LATER.isoformat(),
            "given_by": {"id": tess.id, "name": "Tess"},
        }

    def test_a_role_that_is_there_stays_as_it_was(self, db, tess, person):
        first = roles.give_to(db, tess, NOW, BEA, "team")
        assert roles.give_to(db, tess, LATER, BEA, "team") == first
        assert len(shown(db)) == 2

    def test_one_person_can_have_two_roles(self, db, tess, olu):
        roles.give_to(db, olu, NOW, "tess@example.org", "operator")
        assert tess.roles == ["person", "operator", "team"]

    @pytest.mark.parametrize(("who", "role"), [("tess", "team"), ("olu", "team"), ("olu", "operator")])
    def test_nobody_gives_a_role_to_themselves(self, request, db, who, role):
        someone = request.getfixturevalue(who)
        before = someone.roles
        with pytest.raises(OwnRole):
            roles.give_to(db, someone, NOW, f"{who}@example.org", role)
        assert someone.roles == before

    def test_the_team_makes_no_operator_of_itself_nor_of_anyone(self, db, tess):
        for email in ("tess@example.org", BEA):
            with pytest.raises(NotAllowed):
                roles.give_to(db, tess, NOW, email, "operator")
        assert [row["role"] for row in shown(db)] == ["team"]

    def test_an_operator_gives_roles_too_and_a_person_none(self, db, person, olu):
        assert roles.give_to(db, olu, NOW, BEA, "team")["role"] == "team"
        access.staff(db, olu, NOW, {})
        with pytest.raises(NotAllowed):
            access.staff(db, person("amina"), NOW, {})

    def test_there_are_two_roles_to_give(self):
        for role in ("team", "operator"):
            assert load(schemas.RoleWanted(), {"email": BEA, "role": role})["role"] == role
        for role in ("facilitator", "person", "", None):
            with pytest.raises(Invalid):
                load(schemas.RoleWanted(), {"email": BEA, "role": role})


class TestTaking:
    def test_the_last_operator_stays_one_whoever_wants_to_take_it(self, db, olu):
        [row] = shown(db)
        for take in (
            lambda: roles.take(db, row["id"], NOW, olu),
            lambda: roles.take_from(db, "olu@example.org", "operator", NOW),
        ):
            with pytest.raises(LastOperator):
                take()
        assert olu.roles == ["person", "operator"]

    def test_one_of_two_operators_can_stop_being_one_and_then_the_other_cannot(self, db, olu):
        given = roles.give_to(db, olu, NOW, BEA, "operator")
        roles.take(db, shown(db)[0]["id"], NOW, olu)
        with pytest.raises(LastOperator):
            roles.take(db, given["id"], NOW, given["person"])

    def test_the_team_takes_nothing_from_an_operator(self, db, tess, olu):
        roles.give_to(db, olu, NOW, BEA, "operator")
        for row in shown(db)[1:]:
            with pytest.raises(NotAllowed):
                roles.take(db, row["id"], NOW, tess)

    def test_who_loses_a_role_is_signed_out_everywhere(self, db, tess):
        given = roles.give_to(db, tess, NOW, BEA, "team")
        token, _ = tokens.issue(db, given["person"], NOW)
        db.flush()
        roles.take(db, given["id"], NOW)
        db.flush()
        assert given["person"].roles == ["person"]
        assert [row["person"]["id"] for row in shown(db)] == [tess.id]
        with pytest.raises(NotSignedIn):
            tokens.signed_in(db, tokens.hash_of(token), NOW)

    def test_of_two_who_take_it_at_once_neither_is_told_of_an_error(self, db, tess, monkeypatch):
        given = roles.give_to(db, tess, NOW, BEA, "team")

        def lock(db, _person):
            db.execute(delete(Role).where(Role.id == given["id"]), execution_options={"synchronize_session": False})

        monkeypatch.setattr(roles, "lock", lock)
        roles.take(db, given["id"], NOW)
        db.flush()
        assert given["person"].roles == ["person"]

    def test_a_command_takes_a_role_by_the_address(self, db, tess):
        roles.give_to(db, tess, NOW, BEA, "team")
        roles.take_from(db, BEA, "team", NOW)
        assert [row["person"]["id"] for row in shown(db)] == [tess.id]
        for email, role in ((BEA, "team"), ("tess@example.org", "operator"), ("nobody@example.org", "team")):
            with pytest.raises(NotFound):
                roles.take_from(db, email, role, NOW)

    def test_one_role_goes_and_the_other_stays(self, db, tess, olu):
        given = roles.give_to(db, olu, NOW, "tess@example.org", "operator")
        roles.take(db, given["id"], NOW)
        assert tess.roles == ["person", "team"]

    def test_what_is_taken_already_is_not_found(self, db, tess):
        given = roles.give_to(db, tess, NOW, BEA, "team")
        roles.take(db, given["id"], NOW)
        with pytest.raises(NotFound):
            roles.take(db, given["id"], NOW)

    def test_erasure_forgets_the_roles_and_an_export_shows_them(self, db, tess):
        assert my_data.export(db, tess)["roles"] == [{"role": "team", "since": NOW}]
        my_data.erase(db, tess, NOW)
        assert db.scalars(select(Role)).all() == []
        assert not roles.is_there_a_team(db)


class TestTheFirst:
    def test_the_address_is_there_while_there_is_no_team(self, db, person):
        assert welcome.invite(db, NOW)
        roles.give(db, person("olu"), "operator", NOW)
        assert welcome.invite(db, NOW)
        roles.give(db, person("tess"), "team", NOW)
        assert welcome.invite(db, NOW) is None

    def test_whoever_comes_in_is_of_the_team(self, db):
        token = welcome.invite(db, NOW)
        welcome.check(db, token, NOW)  # looking at it uses nothing up
        first = welcome.come_in(db, token, BEA, "Bea", LATER)
        assert (first.email, first.name, first.roles) == (BEA, "Bea", ["person", "team"])

    def test_an_account_that_is_there_keeps_its_name(self, db, person):
        amina = person("amina")
        first = welcome.come_in(db, welcome.invite(db, NOW), amina.email, "Someone", NOW)
        assert (first.id, first.name) == (amina.id, "Amina")

    def test_an_address_works_once(self, db, person):
        token = welcome.invite(db, NOW)
        welcome.come_in(db, token, BEA, None, NOW)
        self.is_over(db, token)

    def test_an_address_works_for_an_hour(self, db):
        token = welcome.invite(db, NOW)
        welcome.check(db, token, LATER)
        self.is_over(db, token, NOW + timedelta(hours=1))

    def test_a_new_address_ends_the_one_before(self, db):
        old, new = welcome.invite(db, NOW), welcome.invite(db, NOW)
        self.is_over(db, old)
        welcome.check(db, new, NOW)

    def test_it_ends_as_soon_as_there_is_a_team_however_that_came_about(self, db, person):
        token = welcome.invite(db, NOW)
        roles.give(db, person("tess"), "team", NOW)
        self.is_over(db, token)

    def test_a_token_that_was_made_up_opens_nothing(self, db):
        welcome.invite(db, NOW)
        self.is_over(db, "made-up")

    def test_only_the_hash_of_the_token_is_kept(self, db):
        token = welcome.invite(db, NOW)
        db.flush()
        assert [row.hash for row in db.scalars(select(Welcome))] == [tokens.hash_of(token)]

    def is_over(self, db, token, now=NOW):
        with pytest.raises(WelcomeOver):
            welcome.check(db, token, now)
        with pytest.raises(WelcomeOver):
            welcome.come_in(db, token, "other@example.org", None, now)


def test_of_several_who_come_in_at_once_one_is_the_first(make_engine):
    transactions = Transactions(make_engine(Base.metadata, bus_tables))
    with transactions.begin() as db:
        token = welcome.invite(db, NOW)

    def come_in(n):
        try:
            with transactions.begin() as db:
                return welcome.come_in(db, token, f"p{n}@example.org", None, NOW).email
        except WelcomeOver:
            return None

    with ThreadPoolExecutor(4) as threads:
        assert len(list(filter(None, threads.map(come_in, range(4))))) == 1
