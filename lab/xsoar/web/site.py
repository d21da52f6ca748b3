"""What the pages share: the host, the instance at hand, what was said last, and how a page is drawn."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from threading import RLock
from typing import Any

from flask import Response, current_app, redirect, request
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from lab.xsoar.console import Console
from lab.xsoar.host import Host
from lab.xsoar.instance import Instance
from lab.xsoar.jobs import FetchOutcome
from lab.xsoar.mirror import Round
from lab.xsoar.mirror_changes import is_on
from lab.xsoar.pages import Links
from lab.xsoar.pages.links import MenuItem
from lab.xsoar.pages.page import style, templates

HERE = Path(__file__).parent / "templates"
NOTICE = Markup('<div class="notice{}" role="status">{}</div>')
MOST_NOTICES, MOST_RUNS = 50, 200


@dataclass(frozen=True)
class Action:
    """A button above the list of incidents: a form that posts one value."""

    label: str
    address: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class FetchRun:
    """One run of fetch that somebody saw."""

    at: float
    outcome: FetchOutcome


@dataclass(frozen=True)
class MirrorRun:
    """One round of mirroring that somebody saw."""

    at: float
    outcome: Round


@dataclass
class Site:
    """One analyst's pages on one host. `door` opens them, `token` goes with every form; both live as long as this."""

    host: Host
    name: str
    console: Console
    actions: list[Action] = field(default_factory=list)
    menu: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    door: str = field(default_factory=token_urlsafe)
    token: str = field(default_factory=token_urlsafe)
    lock: Any = field(default_factory=RLock)
    runs: deque[FetchRun] = field(default_factory=lambda: deque(maxlen=MOST_RUNS))
    rounds: deque[MirrorRun] = field(default_factory=lambda: deque(maxlen=MOST_RUNS))
    rounds_made: int = 0
    _notices: OrderedDict[str, Markup] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.console.fetch_once = lambda: self.fetch()[0].outcome
        self.console.mirror_once = lambda: self.mirror().outcome

    @property
    def instance(self) -> Instance:
        """The instance as it is configured now."""
        return self.host.instance(self.name)

    def fetch(self, times: int = 1) -> list[FetchRun]:
        """Runs fetch and remembers what came of it."""
        made = [FetchRun(self.host.clock.time(), self.host.fetch(self.instance)) for _ in range(times)]
        self.runs.extend(made)
        return made

    def mirror(self) -> MirrorRun:
        """Makes one round of mirroring; remembers it when something happened in it."""
        made = MirrorRun(self.host.clock.time(), self.host.mirror(self.instance))
        done, self.rounds_made = made.outcome, self.rounds_made + 1
        if done.came or done.went or done.skipped or done.errors:
            self.rounds.append(made)
        return made

    def minute(self) -> list[FetchRun]:
        """What the server does each minute: a fetch, a round where the instance mirrors, and the polls that are due."""
        runs = self.fetch()
        if is_on(self.instance):
            self.mirror()
        self.host.run_due()
        return runs

    def notice(self, number: str) -> Markup:
        """What was said under that number; '' when it is forgotten."""
        return self._notices.get(number, Markup(""))

    def say(self, text: str | Markup, bad: bool = False) -> str:
        """Keeps something to be shown on the next page; its number."""
        number = token_urlsafe(6)
        self._notices[number] = NOTICE.format(" bad" if bad else "", text)
        while len(self._notices) > MOST_NOTICES:
            self._notices.popitem(last=False)
        return number


def site() -> Site:
    """The site of the request at hand."""
    found: Site = current_app.extensions["site"]
    return found


def links() -> Links:
    """Links of the request at hand, with the menu and what the last form brought."""
    menu = tuple(MenuItem(name, address, _is_here(address)) for name, address in site().menu)
    return Links(token=site().token, menu=menu, notice=site().notice(request.args.get("said", "")))


def _is_here(address: str) -> bool:
    return request.path == address or request.path.startswith(f"{address}/")


@cache
def _templates() -> Environment:
    own = templates()
    return own.overlay(loader=ChoiceLoader([FileSystemLoader(HERE), *([own.loader] if own.loader else [])]))


@cache
def _style() -> Markup:
    return style() + Markup((HERE / "console.css").read_text("utf-8"))  # noqa: S704 (a file of ours)


def page(template: str, title: str, **known: Any) -> str:
    """One page of the console."""
    return _templates().get_template(template).render(style=_style(), title=title, links=links(), **known)


def table(title: str, note: str, heads: Iterable[str], rows: Iterable[Iterable[Any]], **known: Any) -> str:
    """A page with one table."""
    return page("table.html", title, note=note, heads=list(heads), rows=[list(row) for row in rows], **known)


def back(address: str, text: str | Markup = "", bad: bool = False) -> AnyResponse:
    """After a form: on to the page that shows what it brought."""
    if not text:
        return redirect(address, 303)
    joint = "&" if "?" in address else "?"
    return redirect(f"{address}{joint}said={site().say(text, bad)}", 303)


def shown(document: str, status: int = 200) -> Response:
    """A document as a response."""
    return Response(document, status, mimetype="text/html")
