"""What the doctor says of the identity providers that people sign in with."""

from dataclasses import replace

from services.headrow import doctor
from services.runtime.settings import Settings
from tests.registration.provider import fake_provider


def found(settings, services=("registration",)):
    findings = [one for one in doctor.examine(settings, services) if one.what.startswith("identity provider")]
    return [(one.what, one.well, one.remedy) for one in findings]


def test_one_that_can_be_used_is_well_and_one_that_cannot_is_told_with_what_to_do(tmp_path):
    with fake_provider() as leeds, fake_provider("nhs", secret_file=tmp_path / "not-there") as nhs:
        with fake_provider("gone") as gone:
            pass
        providers = tuple(each.described for each in (leeds, nhs, gone))
        settings = Settings(data=tmp_path, secret_key="k" * 32, identity_providers=providers)
        well, without_secret, away = found(replace(settings, database=f"sqlite:///{tmp_path}/{{service}}.db"))
    assert well == ("identity provider leeds", True, "")
    assert not without_secret[1]
    assert "not-there" in without_secret[2]
    assert not away[1]
    assert gone.issuer in away[2]


def test_without_registration_and_without_providers_there_is_nothing_to_say(tmp_path):
    settings = Settings(data=tmp_path, secret_key="k" * 32, database=f"sqlite:///{tmp_path}/{{service}}.db")
    assert found(settings) == []
    with fake_provider() as leeds:
        assert found(replace(settings, identity_providers=(leeds.described,)), ("catalogue",)) == []
