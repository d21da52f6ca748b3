"""One call of Sekoia's REST API, before and after: addresses, ids, queries, permissions, and what each failure means.

Nothing is sent here, nothing waits. The build pastes this file into the items that import it, so all its names live in
one namespace with theirs.
"""

import contextlib
import json
import math
import re
import time
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *

REDIRECTION = range(300, 400)
API_ROOTS = {
    "FRA1": "https://api.sekoia.io",
    "FRA2": "https://app.fra2.sekoia.io/api",
    "MCO1": "https://app.mco1.sekoia.io/api",
    "UAE1": "https://app.uae1.sekoia.io/api",
    "USA1": "https://app.usa1.sekoia.io/api",
    "SGP1": "https://api.sgp1.sekoia.io",
}
JsonObject = dict[str, Any]
JsonBody = Mapping[str, Any] | list[Any] | str
TimeRange = tuple[int | None, int | None]  # epoch seconds, None = open


class AnswerFacts(NamedTuple):
    """What an error answer said: HTTP status, Sekoia's code, the start of its text, the seconds to wait if it told."""

    status: int | None = None
    code: str = ""
    body_excerpt: str = ""
    retry_after: float | None = None


class SekoiaError(DemistoException):
    """A call that did not give what was asked for; the text says what was attempted, what came back and what to do.

    `transient`: the same call may succeed a moment later. `doubtful`: a write may have been done all the same.
    """

    def __init__(self, attempted: str, came_back: str, rule: "FailureRule", facts: AnswerFacts | None = None) -> None:
        self.endpoint, self.came_back, self.rule = attempted, came_back.rstrip(". "), rule
        self.facts = facts or AnswerFacts()
        super().__init__(f"{attempted}: {self.came_back}. {rule.next_step}")
        self.status, self.code = self.facts.status, self.facts.code
        self.body_excerpt, self.retry_after = self.facts.body_excerpt, self.facts.retry_after
        self.reason, self.permission = rule.kind.partition(":")[0], rule.permission
        self.transient, self.doubtful = rule.kind in TRANSIENT_KINDS, rule.kind in DOUBTFUL_KINDS


class SekoiaAuthError(SekoiaError):
    """The API key is not accepted; `reason` is invalid, expired, revoked or refused."""


class SekoiaPermissionError(SekoiaError):
    """The key lacks `permission`: a title as Sekoia shows it, two joined by " and ", "" when the table knows none."""


class SekoiaNotFound(SekoiaError):
    """The object named in the call does not exist, or the key may not see it."""


class SekoiaConflict(SekoiaError):
    """The object's present state does not allow the change."""


class SekoiaBadRequest(SekoiaError):
    """Sekoia refuses an argument."""


class SekoiaRateLimited(SekoiaError):
    """Too many requests; `retry_after` (seconds) when Sekoia said how long to wait."""


class SekoiaExpired(SekoiaError):
    """The results asked for are no longer kept."""


class SekoiaUnavailable(SekoiaError):
    """No usable answer; `reason` is dns, refused, tls, proxy, timeout, reset or server."""


class SekoiaBlocked(SekoiaUnavailable):
    """A protection in front of Sekoia answered instead of the API."""


class SekoiaDeadline(SekoiaUnavailable):
    """The run's time is used up, or too short for the wait that is due; what was read before is still good."""


class SekoiaBadResponse(SekoiaError):
    """An answer that is not the API's; `reason` is page, root, redirect, json, shape, paging, cut or size."""


class SekoiaDoubtful(SekoiaError):
    """A write of which nobody can say, even after looking, whether it was done."""


class FailureRule(NamedTuple):
    """What one kind of failure becomes, and what it tells the reader to do; "reason:detail" is told as the reason."""

    error: type[SekoiaError]
    kind: str
    next_step: str
    permission: str = ""


KEYS_PAGE = "Settings > Workspace > API Keys"
ROOTS_LIST = ", ".join(f"{region} {root}" for region, root in API_ROOTS.items())
PATIENCE = "Try again; if it lasts, look at the proxy and at Sekoia's status page."
NEXT_STEP: dict[type[SekoiaError], dict[str, str]] = {
    SekoiaAuthError: {
        "invalid": f"Check that the key was copied whole and is one of this region, or create another ({KEYS_PAGE}).",
        "expired": f"The API key is past its expiry date: create a new one ({KEYS_PAGE}) and store it in the instance.",
        "revoked": f"Somebody revoked the API key: ask your Sekoia administrator, or create another one ({KEYS_PAGE}).",
        "refused": "Sekoia, or a gateway before it, does not accept the API key: check the key and the base URL.",
    },
    SekoiaPermissionError: {"permission": f"Give the API key a role with {{wanted}} ({KEYS_PAGE})."},
    SekoiaNotFound: {"missing": "Check the id: the object may be deleted, or in a community this API key cannot see."},
    SekoiaConflict: {"conflict": "Read the present state of the object, then choose a change that it allows."},
    SekoiaBadRequest: {"argument": "Correct the argument that the answer names."},
    SekoiaExpired: {"gone": "Start the search again: its results are no longer kept."},
    SekoiaRateLimited: {"rate": "Wait, then lower the requests per second: tools behind one address share the limit."},
    SekoiaBlocked: {
        "server:blocked": "A protection before Sekoia blocks this address, mostly for 30 seconds to 10 minutes: wait, "
        "then lower the requests per second; if it stays, ask Sekoia or the owner of your proxy to let it pass.",
    },
    SekoiaUnavailable: {
        "server": "Try again in some minutes; if it lasts, see the status page of Sekoia.",
        "proxy": "Check the proxy settings of the engine, or untick 'Use system proxy settings' in the instance.",
        "tls": "Install the certificate authority that signs this traffic (often that of a proxy) or correct the host "
        "name; for a test only, tick 'Trust any certificate (not secure)'.",
        "dns": f"Check the host in the base URL and the DNS of the engine. The API of each region: {ROOTS_LIST}.",
        "refused:host": "Open the way from the engine to this host (firewall, proxy, port), or correct the base URL.",
        "timeout:connect": "Open the way from the engine to this host: a firewall that drops packets looks like this.",
        "timeout": PATIENCE,
        "reset": "Try again; if it lasts, look for a proxy or firewall that ends connections.",
    },
    SekoiaDeadline: dict.fromkeys(("timeout:late", "timeout:reading"), f"{PATIENCE} Fetch keeps its place meanwhile."),
    SekoiaBadResponse: {
        "page": f"The base URL leads to a web site or a login page. Use the API of your region: {ROOTS_LIST}.",
        "root": f"This host has no such API: the base URL is wrong or of another region. Use one of: {ROOTS_LIST}.",
        "redirect": "The API key must not travel along: set the base URL to the address the redirect leads to.",
        "json": "Check the base URL and what stands between this host and Sekoia.",
        "shape": "Check the base URL; if it is right, look for a newer version of this pack.",
        "paging": "Nothing is skipped: the run ends here and the next one asks again. Report it if it lasts.",
        "cut": "Try again; if it lasts, look for a proxy or firewall that ends long answers.",
        "size": "Ask for less at once: a smaller page or time range.",
    },
    SekoiaDoubtful: {"doubt": "Look at the object in Sekoia before you repeat the change."},
}
FAULTS = {kind: FailureRule(error, kind, step) for error, steps in NEXT_STEP.items() for kind, step in steps.items()}
TRANSIENT_KINDS = frozenset({"rate", "server", "dns", "refused:host", "timeout:connect", "timeout", "reset", "cut"})
DOUBTFUL_KINDS = frozenset({"server", "timeout", "timeout:reading", "reset", "cut", "page", "json", "shape", "size"})
STATUS_KINDS = {404: "missing", 407: "proxy", 409: "conflict", 410: "gone", 429: "rate"}
TOKEN_KINDS = {"T300": "invalid", "T301": "expired", "T302": "revoked"}
TOKEN_WORDS = {"the token is invalid": "invalid", "the token has expired": "expired", "token revoked": "revoked"}

# An intake key lets anyone push events into the tenant; Sekoia sends it along with each event.
SECRET_KEY = re.compile(r"(^|[._])intake[._]key$", re.IGNORECASE)

# The permission of each call, by its title in Sekoia's interface (source: API reference, 2026). The first match wins.
CALL_RIGHTS = (
    (r"\w+ /v1/sic/alerts/threats/.*", ""),  # the rest of such a branch wants what stands below, these calls do not
    (r"\w+ /v1/sic/conf/rules-catalog/.*(compilation-reports|setting|runbook).*", ""),
    (r"\w+ /v2/inthreat/ioc-collections/.*(telemetry|context).*", ""),
    (r"POST /v1/sic/alerts/test-sigma-pattern", "View events"),
    (r"GET /v1/sic/statistics/alerts/soc_kpis.*", "View alert statistics"),
    (r"GET /v1/sic/(alerts/statistics|statistics/alerts).*", "View alert statistics and View alerts"),
    (r"PATCH /v1/sic/alerts/([^/]+|bulk)/workflow.*", "Update alert status"),
    (r"(POST|PATCH|DELETE) /v1/sic/alerts/.+/comments.*", "Comment on alerts"),
    (r"GET /v1/sic/(alerts|comments|kill-chains).*", "View alerts"),
    (r"\w+ /v1/sic/alerts/.*", "Manage alerts"),
    (r"GET /v1/sic/custom-fields.*", "View custom fields"),
    (r"\w+ /v1/sic/custom-fields.*", "Manage custom fields"),
    (r"GET /v1/sic/custom_(statuses|verdicts).*", "View cases and View alerts"),
    (r"\w+ /v1/sic/custom_(statuses|verdicts).*", "Manage cases and Manage alerts"),
    (r"POST /v1/sic/cases/[^/]+/comments", "Comment on cases and Manage cases"),
    (r"GET /v1/sic/(cases|case-templates|custom_priorities).*", "View cases"),
    (r"\w+ /v1/sic/(cases|case-templates|custom_priorities).*", "Manage cases"),
    (r"POST /v1/sic/conf/events/search/jobs/[^/]+/export", "Massive export of events"),
    (r"\w+ /v1/sic/conf/events/search/.*", "View intakes and View events"),
    (r"POST /v1/events/.*", "Event statistics"),
    (r"\w+ /v1/notebooks/(queries/runs|sol_detection).*", "View notebook queries"),
    (r"GET /v1/sic/conf/entities.*", "View entities"),
    (r"DELETE /v1/sic/conf/entities.*", "Delete entities"),
    (r"\w+ /v1/sic/conf/entities.*", "Manage entities"),
    (r"GET /v1/sic/conf/intakes.*", "View intakes"),
    (r"\w+ /v1/sic/conf/intakes.*", "Manage intakes"),
    (r"GET /v1/sic/conf/rules-catalog/.*", "View Rules Catalog"),
    (r"\w+ /v1/sic/conf/rules-catalog/.*", "Manage rules and alert filters"),
    (r"GET /v2/inthreat/ioc-collections.*", "View IOC collections"),
    (r"\w+ /v2/inthreat/ioc-collections.*", "Manage IOC collections"),
    (r"GET /v2/asset-management/assets.*", "View asset"),
)

UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def split_base_url(url: str) -> urllib.parse.SplitResult:
    """The parts of a base URL; ValueError with a sentence for the user when it is none."""
    trouble = ""
    try:
        parts = urllib.parse.urlsplit(url.strip())
        if parts.scheme not in ("http", "https"):
            trouble = "it does not start with https"
        elif parts.username is not None:
            trouble = "it must not hold a user name or password"
        elif not re.fullmatch(r"[^\s/]+", parts.hostname or "") or parts.port == 0:
            trouble = "it names no host"
    except ValueError as error:
        trouble = str(error)
    if trouble:
        raise ValueError(f"The base URL cannot be used: {trouble}. Write it like {API_ROOTS['FRA1']}.")
    return parts


def api_root(url: str) -> str:
    """What "/v1/..." is appended to, from any form in which people write the base URL; ValueError when it is no URL.

    An `api.` host serves the API at its top, an `app.` host under /api (source: Sekoia's page on regions). On sekoia.io
    whatever else stands in the path, such as the address of a page, is dropped; other hosts keep their path.
    """
    parts = split_base_url(url)
    host, netloc = parts.hostname or "", parts.netloc.lower()
    path = re.sub(r"(/v[12])?/*$", "", re.sub(r"/{2,}", "/", parts.path))
    path = re.sub(r"(/api)+$", "/api", path)
    if host.startswith(("api.", "app.")):
        before = "" if host.endswith(".sekoia.io") else path.removesuffix("/api")
        path = before + ("/api" if host.startswith("app.") else "")
    return f"{parts.scheme}://{netloc}{path}"


def validate_id(value: str, kind: str, prefix: str | None) -> str:
    """The id, stripped: a uuid, or a short id with this prefix (AL, CA, KC; None = no short form); else ValueError."""
    text = str(value).strip()
    if re.fullmatch(UUID_PATTERN + (rf"|{prefix}[0-9A-Za-z]{{6,20}}" if prefix else ""), text):
        return text
    forms = f"a uuid or a short id such as {prefix}a1B2c3D4e5" if prefix else "a uuid"
    raise ValueError(f"{text[:80]!r} is no {kind} id: give {forms}.")


def alert_path(alert_id: str, tail: str = "") -> str:
    """The path of an alert or of something below it; ValueError for what is no alert id."""
    return f"/v1/sic/alerts/{urllib.parse.quote(validate_id(alert_id, 'alert', 'AL'), safe='')}{tail}"


def iso_utc(epoch: int) -> str:
    """Epoch seconds as ISO 8601 in UTC, "2026-03-01T10:00:00Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def joined_values(key: str, values: Iterable[str]) -> str:
    """Values as the API's comma list; ValueError for a value that such a list cannot hold."""
    texts = [str(value).strip() for value in values]
    for text in texts:
        if not text or "," in text:
            raise ValueError(f"{key}: {text!r} cannot be asked for, it is empty or holds a comma. Use the object's id.")
    return ",".join(texts)


def time_range(bounds: TimeRange | None) -> str:
    """Two epoch seconds as the API's range; an open start is the epoch, an open end is "now"; "" for None."""
    start, end = bounds or (None, None)
    return f"{iso_utc(start or 0)},{'now' if end is None else iso_utc(end)}" if bounds else ""


MATCHES = {  # field of AlertQuery -> what is matched
    "status_names": "status_name",
    "status_uuids": "status_uuid",
    "custom_status_uuids": "custom_status_uuid",
    "types": "type_value",
    "community_uuids": "community_uuid",
    "entity_uuids": "entity_uuid",
    "entity_names": "entity_name",
    "rule_uuids": "rule_uuid",
    "rule_names": "rule_name",
}


class AlertQuery(NamedTuple):
    """A question to the list of alerts: values of one field are alternatives, different fields must all match.

    `ids` are uuids or short ids, not both. `urgency` is (lowest, highest). `created` and `updated` are (start, end) in
    epoch seconds. `extra` holds any other parameter of the API under its own name, and wins over the rest.
    """

    status_names: tuple[str, ...] = ()
    status_uuids: tuple[str, ...] = ()
    custom_status_uuids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    community_uuids: tuple[str, ...] = ()
    entity_uuids: tuple[str, ...] = ()
    entity_names: tuple[str, ...] = ()
    rule_uuids: tuple[str, ...] = ()
    rule_names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    urgency: tuple[int, int] | None = None
    created: TimeRange | None = None
    updated: TimeRange | None = None
    extra: Mapping[str, str] = {}
    sort: str = "created_at"
    direction: str = "asc"
    with_count: bool = True

    def params(self) -> dict[str, str]:
        """The query parameters; ValueError when a value cannot be expressed."""
        keys = {name: f"match[{wanted}]" for name, wanted in MATCHES.items()}
        chosen = {key: joined_values(key, getattr(self, name)) for name, key in keys.items()}
        chosen |= {
            self._id_key(): joined_values("ids", self.ids),
            "range[urgency]": "{},{}".format(*self.urgency) if self.urgency else "",
            "date[created_at]": time_range(self.created),
            "date[updated_at]": time_range(self.updated),
            "sort": self.sort,
            "direction": self.direction,
            "with_count": "" if self.with_count else "false",
        }
        return {key: value for key, value in chosen.items() if value} | dict(self.extra)

    def between(self, moment: str, start: int, end: int | None) -> "AlertQuery":
        """The same question for another range of "created" or "updated", in ascending order of it."""
        changes: dict[str, Any] = {moment: (start, end), "sort": f"{moment}_at", "direction": "asc"}
        return self._replace(**changes)

    def _id_key(self) -> str:
        kinds = {bool(re.fullmatch(UUID_PATTERN, text.strip())) for text in self.ids}
        if len(kinds) > 1:
            raise ValueError("Ask for uuids or for short ids: the API cannot match both in one question.")
        return "match[uuid]" if True in kinds else "match[short_id]"


class ApiCall(NamedTuple):
    """One request. `names_object`: the path holds the id of one object, so a 404 is about it. `raw`: a file answers."""

    method: str
    path: str
    params: Mapping[str, str] = {}
    body: JsonBody | None = None
    names_object: bool = False
    raw: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class ApiAnswer(NamedTuple):
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    clock_gap: float | None = None  # seconds that the sender's clock was ahead of ours, by the Date header

    def text(self) -> str:
        """The start of the body, for people, on one line."""
        return " ".join(self.body[:4000].decode("utf-8", "replace").split())

    def is_page(self) -> bool:
        """Whether it is a web page instead of an answer of the API."""
        return "html" in self.headers.get("Content-Type", "").lower() or self.body.lstrip()[:1] == b"<"

    def words(self) -> tuple[str, str]:
        """(code, message) of an error answer; the bare text when it has no such parts."""
        if self.is_page():
            title = re.search(r"(?i)<title[^>]*>(.{1,100}?)</title>", self.text())
            return "", "a web page" + (f" titled '{title.group(1).strip()}'" if title else "")
        data: Any = None
        with contextlib.suppress(ValueError, RecursionError):
            data = json.loads(self.body)
        if not isinstance(data, dict):
            return "", self.text() or "no text"
        message = data.get("message") or complaint_words(data.get("detail")) or self.text()
        return str(data.get("code") or ""), str(message)


def complaint_words(detail: Any) -> str:
    """The `detail` of a 422 answer as "field: complaint; field: complaint"."""
    entries = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    return "; ".join(f"{'.'.join(map(str, entry.get('loc') or []))}: {entry.get('msg')}" for entry in entries)


def rule_for(call: ApiCall, answer: ApiAnswer) -> FailureRule:
    """What an answer that is not a good one means for this call."""
    status, page = answer.status, answer.is_page()
    if status == 403 and not page:
        return permission_rule(str(call))
    if status in REDIRECTION:
        return FAULTS["redirect"]
    if status == 401:
        code, message = answer.words()  # the words are from servers older than the codes
        return FAULTS[TOKEN_KINDS.get(code) or TOKEN_WORDS.get(message.lower().rstrip("."), "refused")]
    if status >= 500:
        return FAULTS["server"]
    if status == 404 and (page or not call.names_object):
        return FAULTS["root"]
    if page and status != 407:
        return FAULTS["server:blocked" if status in (403, 429) else "page"]
    return FAULTS[STATUS_KINDS.get(status, "argument")]


def rights_of(call: str) -> list[str]:
    """The permissions that a call such as "GET /v1/sic/alerts" needs, by title; empty when the table knows none."""
    titles = next((titles for pattern, titles in CALL_RIGHTS if re.fullmatch(pattern, call)), "")
    return re.split(" and (?=[A-Z])", titles) if titles else []


def permission_rule(call: str) -> FailureRule:
    """What a 403 means: the rule that names the permission, when the table knows it."""
    titles = rights_of(call)
    title, names = " and ".join(titles), "' and the permission '".join(titles)
    wanted = f"the permission '{names}'" if title else "the right to do it"
    step = FAULTS["permission"].next_step.format(wanted=wanted)
    return FAULTS["permission"]._replace(next_step=step, permission=title)


def without_secrets(value: Any, path: str = "") -> Any:
    """The value without intake keys, however deep."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not SECRET_KEY.search(f"{path}.{key}")}
        return {key: without_secrets(item, f"{path}.{key}") for key, item in kept.items()}
    if isinstance(value, list):
        return [without_secrets(item, path) for item in value]
    return value


def finite(text: str) -> float | None:
    """A number of an answer; None for one that is too large to be written as JSON again."""
    number = float(text)
    return number if math.isfinite(number) else None
