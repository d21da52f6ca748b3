"""Who calls, and may they: the bearer token becomes a key, the route's permissions are looked up in it."""

from http.cookies import CookieError, SimpleCookie

from lab.sekoia.errors import forbidden, token_error
from lab.sekoia.exchange import Request
from lab.sekoia.identity.model import TOKEN_CODE, ApiKey, KeyRing
from lab.sekoia.route import Route

COOKIE = "access_token_cookie"
COOKIE_PATHS = "/v2/asset-management/"


def key_of(request: Request, ring: KeyRing) -> ApiKey:
    """The caller's key; 401 with T300, T301 or T302 when there is none that works."""
    key = ring.find(_token(request))
    if key is None:
        raise token_error("T300")
    if key.state in TOKEN_CODE:
        raise token_error(TOKEN_CODE[key.state])
    return key


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    if request.path.startswith(COOKIE_PATHS):
        return _cookie(request.headers.get("cookie", ""))
    return ""


def _cookie(header: str) -> str:
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def check_permission(key: ApiKey, route: Route) -> None:
    """403 unless the key holds every permission of the route."""
    if not key.permissions.issuperset(route.permissions):
        raise forbidden()
