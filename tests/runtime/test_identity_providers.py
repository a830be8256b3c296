"""What an operator may write of identity providers, and what they are told where it is wrong."""

import subprocess
import sys

import pytest

from services.runtime.identity_providers import WrongProvider, is_safe, read_providers

LEEDS = 'name = "Leeds"\nissuer = "https://login.leeds.example/v2"\nclient_id = "headrow"\n'


def read(tmp_path, text):
    (tmp_path / "providers.toml").write_text(text)
    return read_providers(tmp_path / "providers.toml")


def test_all_that_can_be_said_is_read_in_order(tmp_path):
    nhs, leeds = read(
        tmp_path,
        '[nhs-one]\nname = "NHS"\nissuer = "https://nhs.example"\nclient_id = "h"\nclient_secret_file = "secret"\n'
        'scopes = ["openid", "email", "acr"]\ndomains = ["NHS.example"]\n'
        'second_factor_amr = ["mfa"]\nsecond_factor_acr = ["aal3"]\n'
        f"[leeds]\n{LEEDS}",
    )
    assert (nhs.id, nhs.name, nhs.secret_file) == ("nhs-one", "NHS", tmp_path / "secret")
    assert (nhs.scopes, nhs.domains, nhs.amr, nhs.acr) == (
        ("openid", "email", "acr"),
        ("nhs.example",),
        ("mfa",),
        ("aal3",),
    )
    assert nhs.owns("ann@nhs.EXAMPLE")
    assert not nhs.owns("ann@trust.nhs.example")
    assert (leeds.scopes, leeds.secret(), leeds.amr) == (("openid", "email"), None, ())


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "name = 'Leeds'",
        f"[Leeds]\n{LEEDS}",
        f"[a_b]\n{LEEDS}",
        f"[leeds]\n{LEEDS}client_secret = 'x'",
        f"[leeds]\n{LEEDS}client_secret_file = 'a'\nclient_key_file = 'b'",
        f"[leeds]\n{LEEDS}colour = 'x'",
        f"[leeds]\n{LEEDS}scopes = ['email']",
        f"[leeds]\n{LEEDS}scopes = 'openid'",
        f"[leeds]\n{LEEDS}domains = ['@leeds.example']",
        f"[leeds]\n{LEEDS}domains = [7]",
        f"[leeds]\n{LEEDS}[other]\n{LEEDS}",
        f"[leeds]\n{LEEDS.replace('https', 'http')}",
        f"[leeds]\n{LEEDS.replace('/v2', '?v=2')}",
        f"[leeds]\n{LEEDS.replace('Leeds', 'L' * 61)}",
        f"[leeds]\n{LEEDS.replace('Leeds', ' ')}",
        "[leeds]\nname = 'Leeds'\nissuer = 'https://leeds.example'",
        "".join(f"[p{n}]\nname = '{n}'\nissuer = 'https://p{n}.example'\nclient_id = 'h'\n" for n in range(21)),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text):
    with pytest.raises(WrongProvider):
        read(tmp_path, text)


@pytest.mark.parametrize("content", ["", "two\nlines\n", "a\x00b", None])
def test_a_file_that_holds_no_secret_is_named_and_not_quoted(tmp_path, content):
    [leeds] = read(tmp_path, f"[leeds]\n{LEEDS}client_secret_file = 'secret'")
    if content is not None:
        (tmp_path / "secret").write_text(content)
    with pytest.raises(WrongProvider) as wrong:
        leeds.secret()
    assert "secret" in str(wrong.value)
    assert "two" not in str(wrong.value)


def test_a_secret_that_was_changed_counts_at_once(tmp_path):
    [leeds] = read(tmp_path, f"[leeds]\n{LEEDS}client_secret_file = 'secret'")
    for secret in ("one", "another"):
        (tmp_path / "secret").write_text(secret + "\n")
        assert leeds.secret() == secret


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000", True),
        ("http://a.example", False),
        ("http://localhost.example", False),
        ("https://", False),
        ("https://u@a.example", False),
        ("https://a.example/\n", False),
        ("https://a.example:port", False),
        ("ftp://a.example", False),
        (None, False),
        (["https://a.example"], False),
    ],
)
def test_nothing_is_sent_where_others_could_listen(url, safe):
    assert is_safe(url) is safe


def test_who_has_no_provider_waits_for_nothing_that_they_need():
    code = "import sys, services.registration.service, gateway.service; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "services.registration.service" in loaded
    assert {name.partition(".")[0] for name in loaded} & {"authlib", "joserfc", "requests"} == set()
