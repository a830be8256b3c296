"""Cross-origin requests from browsers: only from the origins that the settings name, and never with the cookie."""

from werkzeug.wrappers import Request, Response

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
MAY_SEND = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Correlation-Id"
MAY_READ = "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Correlation-Id"


def is_preflight(request: Request) -> bool:
    """Say whether a browser asks what it may do."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def let_in(request: Request, response: Response, origins: tuple[str, ...]) -> None:
    """Tell the browser that it may pass the answer on, if the request's origin is one of `origins`."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = MAY_READ
    if is_preflight(request):
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = MAY_SEND
        response.headers["Access-Control-Max-Age"] = "600"
