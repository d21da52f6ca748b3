"""Which handler a path belongs to, and the visit that carries one call through its steps."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lab.sekoia.errors import ApiError
from lab.sekoia.exchange import Reply, Request
from lab.sekoia.identity.model import ApiKey
from lab.sekoia.journal import Call
from lab.sekoia.query import NOTHING, Grammar, Query

if TYPE_CHECKING:
    from lab.sekoia.faults import Fault
    from lab.sekoia.world import World

Handler = Callable[["Visit"], Reply]


@dataclass(frozen=True)
class Route:
    """One call of the API: method, path with `{names}`, the permissions it needs (all of them), its query grammar."""

    method: str
    path: str
    handle: Handler
    permissions: tuple[str, ...] = ()
    grammar: Grammar = NOTHING

    @property
    def name(self) -> str:
        """`GET /v1/sic/alerts/{uuid}`, as the evidence files name it."""
        return f"{self.method} {self.path}"


@dataclass
class Visit:
    """One call on its way through the steps."""

    world: "World"
    request: Request
    call: Call
    fault: "Fault | None" = None
    matched_key: ApiKey | None = None
    matched_route: Route | None = None
    query: Query = field(default_factory=Query)
    args: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> ApiKey:
        """The caller's key; only after the step that finds it."""
        if self.matched_key is None:
            raise LookupError("no key is known before the step that authenticates")
        return self.matched_key

    @property
    def route(self) -> Route:
        """The call's route; only after the step that finds it."""
        if self.matched_route is None:
            raise LookupError("no route is known before the step that finds it")
        return self.matched_route


class Router:
    """Finds the route of a call; a fixed segment wins over a `{name}`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._open: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        patterns: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            by_method = patterns.setdefault(route.path, {})
            if route.method in by_method:
                raise ValueError(f"{route.name} is served twice")
            by_method[route.method] = route
        for path, by_method in sorted(patterns.items(), key=lambda item: item[0].count("{")):
            if "{" in path:
                self._open.append((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), by_method))
            else:
                self._fixed[path] = by_method

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and the values of its names; 404 for an unknown path, 405 for a known one with another method."""
        by_method, args = self._match(path)
        if by_method is None:
            raise ApiError(404, f"the lab serves no {method} {path}", "LAB404")
        route = by_method.get(method)
        if route is None:
            allow = ", ".join(sorted(by_method))
            raise ApiError(405, f"the lab serves no {method} {path}, only {allow}", "LAB405", {"Allow": allow})
        return route, args

    def _match(self, path: str) -> tuple[dict[str, Route] | None, dict[str, str]]:
        if path in self._fixed:
            return self._fixed[path], {}
        for pattern, by_method in self._open:
            found = pattern.fullmatch(path)
            if found is not None:
                return by_method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None, {}
