"""A stand-in for GOV.UK Notify's HTTP API: checks the key, keeps what it took, and fails as it is told to."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError
from werkzeug import Request, Response
from werkzeug.serving import make_server

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"academy-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
REFUSALS = {
    400: ("ValidationError", "email_address Not a valid address"),
    403: ("AuthError", "Invalid token: API key not found"),
    429: ("RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    500: ("Exception", "Internal server error"),
}


class Notify:
    """What the stand-in took, and what it is to do with the next letters.

    `next` holds, for each of the next POSTs: a status, a status and its error, or "slow", "lost" (taken, and then the
    connection breaks), "garbage".
    """

    def __init__(self) -> None:
        self.taken = []
        self.next = []
        self.asked = []
        self.template = {"subject": "((subject))", "body": "((body))"}
        self.url = ""

    def __call__(self, environ, start_response):
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request):
        try:
            token = request.headers["Authorization"].removeprefix("Bearer ")
            assert get_token_issuer(token) == SERVICE
            decode_jwt_token(token, SECRET)
        except (KeyError, AssertionError, TokenError):
            return refusal(403)
        if request.method == "GET" and request.path == f"/v2/template/{TEMPLATE}":
            return answer(200, {"id": TEMPLATE, "type": "email", **self.template})
        if request.method == "GET" and request.path == "/v2/notifications":
            self.asked.append(request.args["reference"])
            found = [{"reference": one["reference"], "status": "created"} for one in self.taken]
            ours = [one for one in found if one["reference"] == request.args["reference"]]
            return answer(200, {"notifications": ours, "links": {}})
        if (request.method, request.path) == ("POST", "/v2/notifications/email"):
            return self._take(request)
        return refusal((404, "NoResultFound", "No result found"))

    def _take(self, request):
        letter = json.loads(request.get_data())
        told = self.next.pop(0) if self.next else 201
        if told == "slow":
            time.sleep(2.5)
        if told == "garbage":
            return Response("<h1>Welcome to this hotel's network</h1>", 200)
        if isinstance(told, tuple) or told in REFUSALS:
            return refusal(told)
        if letter["template_id"] != TEMPLATE:
            return refusal((400, "BadRequestError", "Template not found"))
        self.taken.append(letter)
        if told == "lost":
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer(201, {"id": str(uuid.uuid4()), "reference": letter["reference"]})


def answer(status, body):
    return Response(json.dumps(body), status, content_type="application/json")


def refusal(told):
    status, error, message = told if isinstance(told, tuple) else (told, *REFUSALS[told])
    return answer(status, {"status_code": status, "errors": [{"error": error, "message": message}]})


@contextmanager
def running() -> Iterator[Notify]:
    """Yield a stand-in that listens."""
    notify = Notify()
    server = make_server("127.0.0.1", 0, notify, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    notify.url = f"notify+http://{KEY}@127.0.0.1:{server.port}/{TEMPLATE}"
    try:
        yield notify
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
