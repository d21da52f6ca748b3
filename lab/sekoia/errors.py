"""What HTTP makes of a no: the table from refusal to status, and the two shapes of an error body."""

from typing import Any

from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.refusals import Clash, Gone, Missing, NotYours, Refusal, Unemulated, Unfit

TOKEN_MESSAGES = {
    "T300": "The token is invalid",
    "T301": "The token has expired",
    "T302": "Token revoked",
}


class ApiError(Exception):
    """An error of the HTTP layer itself: status, code and message of the body, extra headers."""

    def __init__(self, status: int, message: str, code: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


def token_error(code: str) -> ApiError:
    """401 with the token's code."""
    return ApiError(401, TOKEN_MESSAGES[code], code)


def forbidden() -> ApiError:
    """403 for a missing permission; the platform does not say which."""
    return ApiError(403, "Insufficient permissions", "EMU403")


STATUS_OF: tuple[tuple[type[Refusal], int, str], ...] = (
    (Unemulated, 400, "LAB400"),
    (Unfit, 400, "EMU400"),
    (Missing, 404, "EMU404"),
    (Clash, 409, "EMU409"),
    (Gone, 410, "EMU410"),
    (NotYours, 403, "EMU403"),
)


def of_refusal(refusal: Refusal) -> ApiError:
    """The API's error for the tenant's no."""
    for kind, status, code in STATUS_OF:
        if isinstance(refusal, kind):
            return ApiError(status, str(refusal), code)
    raise TypeError(f"no HTTP status is written for {type(refusal).__name__}") from refusal


def render(error: ApiError) -> Reply:
    """The usual body: `message` and `code`."""
    reply = json_reply({"message": error.message, "code": error.code}, error.status)
    reply.headers.update(error.headers)
    return reply


def render_unfit_fastapi(refusal: Unfit) -> Reply:
    """422 as FastAPI writes it."""
    detail: list[dict[str, Any]] = [{"loc": list(refusal.place), "msg": str(refusal), "type": refusal.kind}]
    return json_reply({"detail": detail}, 422)


def render_detail(error: ApiError) -> Reply:
    """FastAPI's shape for any other error."""
    return json_reply({"detail": error.message}, error.status)
