"""The operators' page of roles: everyone who has one, giving each, and taking each."""

import pytest

from gateway.features.account import operator_roles
from tests.gateway import fakes
from tests.gateway.fakes import page_of
from tests.gateway.html import Page, text_of
from tests.gateway.roles import ASHA, BEN, ID, TEAM
from tests.sentences import says

OLU = {**TEAM, "id": "7" * 8 + ID[8:], "role": "operator", "given_by": {"id": ID, "name": "Pat"}}
FAY = {"id": "6" * 8 + ID[8:], "session": "maxims-in-practice", "named_by": {"id": ID, "name": "Tess"},
       "person": {"id": ID, "name": "Fay", "email": "fay@example.org"}, "since": TEAM["since"]}  # fmt: skip
PATH = "/operator/roles"


@pytest.fixture
def operator(world):
    world.registration.answers.update(
        roles=page_of(BEN, OLU), all_facilitators=page_of(FAY), give_role=BEN, name_facilitator=FAY
    )
    world.client.set_cookie("__Host-headrow_session", "operator-token")
    return world


def press(world, path, **typed):
    form = {**Page(world.client.get(path).text).form, **typed}
    return world.client.post(path, data=form)


def test_it_shows_who_has_which_role_since_when_and_by_whose_word(operator):
    text = text_of(operator.client.get(PATH))
    places = [text.index(said) for said in ("Operator", "Ben", "Facilitator", "Maxims in practice")]
    assert places == sorted(places)
    for said in (ASHA["name"], "Pat", "fay@example.org", "Tess", "23 Nov"):
        assert said in text


@pytest.mark.parametrize("role", ["team", "operator"])
def test_a_role_is_given_by_an_address(operator, role):
    answer = press(operator, PATH, email=" ben@example.org ", role=role)
    assert answer.headers["Location"] == f"{PATH}?done=given"
    assert operator.registration.last("give_role")["given"] == {"email": "ben@example.org", "role": role}


def test_a_facilitator_is_named_for_a_session(operator):
    press(operator, PATH, email="fay@example.org", role="facilitator", session="maxims-in-practice")
    named = operator.registration.last("name_facilitator")
    assert (named["slug"], named["given"]) == ("maxims-in-practice", {"email": "fay@example.org"})


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"email": "ben@example.org", "role": ""}, "role"),
        ({"email": "ben@example.org", "role": "person"}, "role"),
        ({"email": "ben@example.org", "role": "facilitator"}, "session"),
    ],
)
def test_what_is_not_said_is_asked_for_at_its_field_and_nothing_is_given(operator, said, field):
    answer = press(operator, PATH, **said)
    assert answer.status_code == 422
    assert f"#{field}" in [link["href"] for link in Page(answer.text).all("a")]
    assert not operator.registration.was_asked("give_role")
    assert not operator.registration.was_asked("name_facilitator")
    assert 'value="ben@example.org"' in answer.text


@pytest.mark.parametrize(("code", "field"), [(code, field) for code, (field, _) in operator_roles.IN_THE_WAY.items()])
def test_what_registration_refuses_is_said_at_the_field(operator, code, field):
    operator.registration.answers["name_facilitator"] = fakes.refused(code)
    answer = press(operator, PATH, email="fay@example.org", role="facilitator", session="maxims-in-practice")
    assert answer.status_code == 409
    assert f"#{field}" in [link["href"] for link in Page(answer.text).all("a")]


@pytest.mark.parametrize(
    ("row", "method", "named"),
    [(BEN, "take_role", {}), (OLU, "take_role", {}), (FAY, "take_back_facilitator", {"slug": "maxims-in-practice"})],
)
def test_each_role_is_removed_once_the_page_has_said_what_that_means(operator, row, method, named):
    operator.registration.answers.update({"roles": page_of(BEN, OLU, {**OLU, "id": "5" + ID[1:]}), method: None})
    path = f"{PATH}/{row['id']}/remove"
    assert says("operator_roles.signed_out") in text_of(operator.client.get(path))
    assert press(operator, path).headers["Location"] == f"{PATH}?done=removed"
    assert {**named, "id": row["id"]}.items() <= operator.registration.last(method).items()


def test_the_last_operator_has_no_button_to_remove(operator):
    page = operator.client.get(f"{PATH}/{OLU['id']}/remove")
    assert says("operator_roles.last") in text_of(page)
    assert '<form method="post" action="/operator/roles' not in page.text


def test_what_is_removed_already_is_no_error(operator):
    assert press(operator, f"{PATH}/{'4' + ID[1:]}/remove").status_code == 303
    assert operator.client.get(f"{PATH}/{'4' + ID[1:]}/remove").status_code == 404
