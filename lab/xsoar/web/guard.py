"""What keeps the pages to the one person who started them: the door, the host's name, the forms' token, the policy."""

from collections.abc import Callable, Iterable
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from lab.xsoar.web.site import Site

NAMES = ("127.0.0.1", "localhost")
COOKIE = "console"
# Nothing runs (but one script of ours in war rooms, by its hash), nothing is fetched from elsewhere, nobody frames it.
# Styles stand in the pages: charts need them.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Wsgi = Callable[[Any, Any], Iterable[bytes]]


def one_at_a_time(application: Wsgi, lock: Any) -> Wsgi:
    """The host runs one thing at a time, as it has one database and one standard output."""

    def locked(environ: Any, start_response: Any) -> Iterable[bytes]:
        with lock:
            return application(environ, start_response)

    return locked


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same one."""
    return compare_digest(given.encode(), wanted.encode())


def guard(app: Flask, site: Site) -> None:
    """Puts the checks before and the headers after every request."""

    @app.before_request
    def check() -> AnyResponse | None:
        if request.host.rpartition(":")[0] not in NAMES and request.host not in NAMES:
            abort(400, "This console answers to 127.0.0.1 and localhost only.")
        if request.method == "GET" and same(request.args.get("door", ""), site.door):
            rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "door"])
            path = "/" + request.path.lstrip("/")  # never another host
            answer = redirect(f"{path}?{rest}" if rest else path, 303)
            answer.set_cookie(COOKIE, site.door, httponly=True, samesite="Strict")
            return answer
        if not same(request.cookies.get(COOKIE, ""), site.door):
            abort(403, "Open the console with the address that it printed when it was started.")
        if request.method == "POST" and not same(request.form.get("_token", ""), site.token):
            abort(403, "This form is not one of this console, or the console was started anew since. Load the page.")
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a war room has a policy of its own
        return response
