"""`/_storage/*`: stands for the object store of another host, where an export's file lies. No key opens it."""

from lab.sekoia.exchange import Reply, Request, Wire
from lab.sekoia.faults import strike_after, strike_before
from lab.sekoia.world import World

PREFIX = "/_storage/"


def serve(world: World, request: Request) -> Reply:
    """The file; refused without the signature of its address, and to a caller who brings a key as well."""
    fault = world.faults.due(request.method, request.path)
    spoilt = strike_before(fault, world.clock) if fault else None
    if spoilt is not None:
        return spoilt
    reply = _file(world, request)
    return strike_after(fault, reply) if fault else reply


def _file(world: World, request: Request) -> Reply:
    stored = world.exports.files.get(request.path.removeprefix(PREFIX))
    if stored is None:
        return _error(404, "NoSuchKey")
    if "authorization" in request.headers:
        return _error(400, "InvalidArgument: only one way to authenticate is allowed")
    if request.query.get("signature") != [stored.signature] or world.clock.time() > stored.expires_at:
        return _error(403, "AccessDenied: the request has expired or its signature is wrong")
    return Reply(200, stored.content, {"Content-Type": "application/gzip"}, Wire())


def _error(status: int, words: str) -> Reply:
    return Reply(status, f"<Error><Code>{words}</Code></Error>".encode(), {"Content-Type": "application/xml"})
