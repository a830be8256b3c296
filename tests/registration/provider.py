"""An identity provider made by hand, on a port of this machine: it says whatever a test wants it to."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from services.runtime.identity_providers import IdentityProvider

SITE = "https://headrow.example"


class FakeProvider:
    """It knows one person. `says` changes claims of the next ID token; one that is None is left out."""

    def __init__(self, id="leeds", **settings):
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.published = [self.key]
        self.says, self.userinfo, self.metadata = {}, {"sub": "248289761001"}, {}
        self.asked = []  # paths, in order
        self.form = {}  # of the last request for a token
        self.headers = {}
        self.status, self.content, self.waits = 200, None, 0.0
        self.id_token = None  # instead of one that is made
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        names = {"name": "Leeds City Council", "client_id": "headrow", **settings}
        self.described = IdentityProvider(id=id, issuer=self.issuer, **names)
        self.nonce = ""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def sent(self, url):
        """Note what a browser was sent here with; return the state."""
        query = dict(parse_qsl(urlsplit(url).query))
        self.nonce = query["nonce"]
        self.query = query
        return query["state"]

    def claims(self, now=None):
        now = int(now or time.time())
        made = {
            "iss": self.issuer,
            "aud": "headrow",
            "sub": "248289761001",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": "amina@example.org",
            "email_verified": True,
            **self.says,
        }
        return {name: value for name, value in made.items() if value is not None}

    def signed(self, claims, key=None, alg="RS256", **header):
        key = key or self.key
        return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, algorithms=[alg])

    def answer(self, path):
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "end_session_endpoint": f"{self.issuer}/end",
                **self.metadata,
            }
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == "/token":
            return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token or self._made()}
        return self.userinfo

    def _made(self):
        return self.signed(self.claims())

    def _handler(provider):  # noqa: N805 - of the class below it is another self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer()

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                provider.form = dict(parse_qsl(self.rfile.read(length).decode()))
                provider.headers = dict(self.headers)
                self._answer()

            def _answer(self):
                provider.asked.append(self.path)
                time.sleep(provider.waits)
                content = provider.content or json.dumps(provider.answer(self.path)).encode()
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        return Handler


@contextmanager
def fake_provider(id="leeds", **settings):
    """Have one answer meanwhile."""
    provider = FakeProvider(id, **settings)
    try:
        yield provider
    finally:
        provider.close()
