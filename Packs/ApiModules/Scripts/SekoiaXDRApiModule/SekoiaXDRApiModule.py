"""The client of Sekoia's REST API: its session, paging, pace, retries and the run's time limit.

Transport only: it knows nothing of incidents or entries, and reads the clock only as `time.x()` at the moment of need.
The build pastes this file into the integration, so all its names live in one namespace with that code.
"""

import contextlib
import http.client
import itertools
import json
import math
import random
import re
import socket
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests
import urllib3
from CommonServerPython import *
from SekoiaXDRCallApiModule import *  # what is asked, and what a failure means

# Limits; those of the service are from Sekoia's FAQ and API reference (2026). Times are in seconds.
API_PAGE_SIZE = 100  # the largest `limit` that lists accept
ASSET_BATCH_SIZE = 50  # ids in one URL: about 2 kB
BODY_LIMIT, BODY_PIECE = 64 * 2**20, 64 * 2**10  # bytes, decoded
EXCERPT_LENGTH = 300
BACKOFF_BASE, BACKOFF_CAP = 1.0, 30.0
LONGEST_WAIT = 120.0  # a longer Retry-After is reported, not waited for
ERROR_WINDOW = ERROR_PAUSE = 10.0  # Sekoia asks scripts to pause after two errors within ten seconds
SETTLE_SECONDS = 2.0  # before looking at what a doubtful write did: a gateway may give up before the service is done
CLOCK_SLACK, DATE_SLACK = 60.0, 2.0  # Sekoia's clock may be that much behind ours; behind what a Date header tells
DRAIN_PASSES = 10
CROWDED_MARGIN = 10  # known alerts in the second before a page from which on leaving them out is worth a try
FUTURE_SLACK = 86_400.0  # seconds; a moment further ahead of our clock is none
ANY_STATUS, SUCCEEDED = range(1000), range(200, 300)

AlertTest = Callable[[JsonObject], bool]
ItemKey = tuple[str, int | None]
MomentReader = Callable[[Any, str], int | None]


# In this order: the first kind of which the causes hold an exception is the one that is reported.
TRANSPORT_KINDS: tuple[tuple[str, str, tuple[type[BaseException], ...]], ...] = (
    ("proxy", "the proxy could not be used", (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL)),
    ("tls", "TLS failed", (requests.exceptions.SSLError, urllib3.exceptions.SSLError)),
    ("dns", "the host name is unknown", (socket.gaierror, requests.exceptions.InvalidURL)),
    ("refused:host", "the host cannot be reached", (urllib3.exceptions.NewConnectionError, ConnectionRefusedError)),
    ("timeout:connect", "no connection in time", (requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)),
    ("timeout", "no answer in time", (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)),
    ("cut", "the answer was cut off", (http.client.IncompleteRead, urllib3.exceptions.DecodeError)),
    ("reset", "the connection was lost", (BaseException,)),
)


class Deadline:
    """The moment at which a run must be over, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._end - time.monotonic())

    def expired(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0

    def sleep(self, seconds: float, attempted: str, cause: SekoiaError | None = None) -> None:
        """Wait; SekoiaDeadline at once, with the facts of the cause, when no more time than that is left."""
        left = self.remaining()
        if seconds >= left:
            before = cause.came_back if cause else "not sent"
            words = f"{before}; the next call is due in {seconds:.1f} s and this run has {left:.1f} s left"
            rule = cause.rule._replace(error=SekoiaDeadline) if cause else FAULTS["timeout:late"]
            raise SekoiaDeadline(attempted, words, rule, cause.facts if cause else None)
        if seconds > 0:
            time.sleep(seconds)


class Pace:
    """A token bucket of `rate` calls per second, with the pause Sekoia asks for when errors come close together."""

    def __init__(self, rate: float) -> None:
        if not rate > 0:
            raise ValueError(f"The requests per second must be above 0, not {rate}.")
        self._rate, self._burst = rate, max(1.0, rate)
        self._tokens, self._filled_at = self._burst, time.monotonic()
        self._last_error = self._paused_until = self._quiet_until = float("-inf")

    def hold(self, seconds: float) -> None:
        """Sekoia asked for that long without any call."""
        self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def wait(self, deadline: Deadline, attempted: str = "the next call") -> None:
        """Wait until a call may be sent and count it; SekoiaDeadline when the deadline does not allow the wait."""
        quiet = self._quiet_until - time.monotonic()
        if quiet > min(LONGEST_WAIT, deadline.remaining()):
            words = f"not sent; Sekoia asked for no call within the next {quiet:.1f} s"
            raise SekoiaDeadline(attempted, words, FAULTS["rate"])
        deadline.sleep(max(0.0, quiet), attempted)
        self._refill()
        deadline.sleep(max(0.0, self._paused_until - time.monotonic(), (1.0 - self._tokens) / self._rate), attempted)
        self._refill()
        self._tokens -= 1.0

    def note_error(self) -> None:
        """Tell of an error answer; the second within ten seconds makes the next wait() last until ten seconds on."""
        now = time.monotonic()
        if now - self._last_error <= ERROR_WINDOW:
            self._paused_until, self._last_error = now + ERROR_PAUSE, float("-inf")
        else:
            self._last_error = now

    def _refill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now


def retry_after_seconds(header: str | None, clock_gap: float | None = None) -> float | None:
    """A Retry-After header, seconds or HTTP date, as seconds from now; None when absent or unreadable.

    A date is one of the sender's clock, which is that many seconds ahead of ours.
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    wait = seconds_until(text)
    return wait and max(0.0, wait - (clock_gap or 0.0))


def seconds_until(http_date: str) -> float | None:
    """How far an HTTP date lies ahead of our clock (below 0: behind); None when unreadable."""
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
        return parsedate_to_datetime(http_date).timestamp() - time.time()
    return None


LISTING = ApiCall("GET", "/v1/sic/alerts")
PARTS = dict.fromkeys(("comments", "history", "countermeasures", "cases", "stix"), False) | {"custom_status": True}


class AlertPage(NamedTuple):
    """Items as the API gave them, the size of the whole list if it told, and how far (`until`) a walk is complete."""

    items: list[Any]
    total: int | None = None
    until: int | None = None


def causes_of(error: BaseException) -> list[BaseException]:
    """The exception and all that are wrapped in it, outermost first."""
    found = [error]
    for cause in found:  # which grows meanwhile
        inner = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        found += [it for it in inner if isinstance(it, BaseException) and it not in found]
    return found


def body_pieces(response: requests.Response) -> Iterator[bytes]:
    """The decoded body as it arrives: read1 gives what one receive brought, so a slow sender cannot hold the reader."""
    if not hasattr(response.raw, "read1"):  # urllib3 before 2.2, in older images; before 2.0 it took a part for all
        if response.raw is not None:
            response.raw.enforce_content_length = True
        yield from response.iter_content(BODY_PIECE)
        return
    while piece := response.raw.read1(BODY_PIECE, decode_content=True):
        yield piece


def end_reading(response: requests.Response) -> None:
    """End a read of the answer that waits in another thread (urllib3's documented way, since 2.3)."""
    with contextlib.suppress(AttributeError, ValueError, RuntimeError, OSError):  # read to its end meanwhile
        raw: Any = response.raw
        if hasattr(raw, "shutdown"):
            raw.shutdown()
        else:  # in older images
            (raw.connection or raw._connection).sock.shutdown(socket.SHUT_RD)


FILE_LIMIT = BODY_LIMIT  # bytes of a file that lies elsewhere


class BodyTooLarge(ValueError):
    """A body that outgrew the bound before it ended."""


def body_within(response: requests.Response, deadline: Deadline, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge beyond the limit (bytes) and requests.ReadTimeout at the deadline."""
    body = bytearray()
    # A socket's limit counts anew at each wait, so a late or slow answer could outlast the run by all of it.
    timer = threading.Timer(min(deadline.remaining() + 0.1, threading.TIMEOUT_MAX), end_reading, [response])
    timer.start()
    try:
        for piece in itertools.chain(body_pieces(response), [b""]):  # the timer's end looks like any other end
            body += piece
            if len(body) > limit:
                raise BodyTooLarge
            if deadline.expired():
                raise requests.ReadTimeout
    finally:
        timer.cancel()
        timer.join()
        response.close()
    return bytes(body)


def file_from(address: str, deadline: Deadline, verify: bool, proxy: bool) -> bytes:
    """The file at an address that is its own key: Sekoia's key does not travel along, and no redirect is followed.

    Raises ValueError saying why it was not taken, in words without the address.
    """
    parts, left = urllib.parse.urlsplit(address), max(0.01, deadline.remaining())
    store = BaseClient(base_url=f"{parts.scheme}://{parts.netloc}", verify=verify, proxy=proxy)
    body, trouble = b"", ""
    try:
        answer = store._http_request(
            "GET",
            full_url=address,
            resp_type="response",
            ok_codes=ANY_STATUS,
            timeout=urllib3.Timeout(left),
            stream=True,
            allow_redirects=False,
        )
        body = body_within(answer, deadline, FILE_LIMIT)
        trouble = "" if answer.status_code == 200 else f"the store answered {answer.status_code}"
    except BodyTooLarge:
        trouble = f"it is larger than {FILE_LIMIT // 2**20} MiB"
    except (DemistoException, requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError):
        trouble = (
            f"the store did not give it within {left:.0f} s" if deadline.expired() else "the store did not give it"
        )
    if trouble:  # outside of the handler: the address must not ride along in the chain
        raise ValueError(trouble)
    return body


def moment_of(item: Any, name: str) -> int | None:
    """The epoch seconds in a field of an item; None when they cannot be read."""
    value = item.get(name) if isinstance(item, dict) else None
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        return None
    return int(value)


def moment_since(item: Any, moment: str, since: int) -> int | None:
    """The "created" or "updated" moment of an alert asked for from `since` on; None for one that cannot be true."""
    at = moment_of(item, f"{moment}_at")
    return at if at is not None and since - 1 <= at <= time.time() + FUTURE_SLACK else None


def item_key(item: Any, moment: str, since: int) -> ItemKey:
    """What tells an alert from others in a walk: its uuid (or all it holds) and the moment the walk goes by."""
    uuid = item.get("uuid") if isinstance(item, dict) else None
    return str(uuid or json.dumps(item, sort_keys=True, default=str)), moment_since(item, moment, since)


def usable_key(api_key: str) -> str:
    """The key, stripped; SekoiaAuthError when no header can carry it (its text is not shown)."""
    key = api_key.strip()
    if re.fullmatch(r"[!-~]+", key):
        return key
    words = "it holds blanks, line breaks or letters that no key has" if key else "it is empty"
    raise SekoiaAuthError("Reading the API key of the instance", words, FAULTS["invalid"])


# an intake key beside its name, as an event, an intake or a query holds it, in whatever notation a message quotes them
INTAKE_KEY = re.compile(
    r"""(?ix)
    ( intake (?: [._\s-] | %2E | ["'\\]*\s*:\s*\{ (?: [^{}]{0,500}? ["'\\,\s] )? )? keys? ["'\\\]]* \s*
      (?: (?: [:=>!] | %3A | %3D | \bIN\b | \bNOT\b )+ \s* | (?=["'\\\[(]) ) )
    (?: [\[(] [^\])]{0,2000} | (["'\\]*) [^\s"'\\,;&<>{}\])]+ )
    """
)


def scrubbed(text: str, key: str) -> str:
    """A remote text for people: without the key or anything that looks like one, and of bounded length."""
    plain = re.sub(r"eyJ[\w.-]{10,}", "[API key]", text.replace(key, "[API key]"))
    return INTAKE_KEY.sub(r"\1\2[intake key]", plain)[:EXCERPT_LENGTH]


class SekoiaClient(BaseClient):
    """One session with one key: a method per endpoint, each gives the API's JSON or raises SekoiaError or ValueError.

    `calls` and `errors` count the requests sent and the failures among them, `outcomes` the requests by the kind of
    their failure, '' for the good ones. `tries` bounds the attempts of one call.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        verify: bool = True,
        proxy: bool = False,
        requests_per_second: float = 5.0,
        deadline: Deadline | None = None,
        connect_timeout: float = 5,
        read_timeout: float = 30,
        tries: int = 5,
    ) -> None:
        self.root, self._key = api_root(url), usable_key(api_key)
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        super().__init__(base_url=self.root, verify=verify, proxy=proxy, headers=headers)
        self.deadline, self.pace = deadline or Deadline(float("inf")), Pace(requests_per_second)
        self.calls, self.errors, self.tries = 0, 0, tries
        self.outcomes: Counter[str] = Counter()
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._refused: SekoiaError | None = None
        self._clock_gap = -CLOCK_SLACK  # seconds that Sekoia's clock is ahead of ours, at least

    def validate_key(self) -> JsonObject:
        """The clear content of the key; SekoiaAuthError when it is not accepted, also when that comes with HTTP 200."""
        call = ApiCall("GET", "/v1/auth/validate")
        content = self.read_object(call)
        if content.get("code") in TOKEN_KINDS:
            raise self._failure(call, FAULTS[TOKEN_KINDS[content["code"]]], f"HTTP 200: {content.get('message')}")
        return content

    def alerts_page(self, query: AlertQuery, limit: int = API_PAGE_SIZE, offset: int = 0) -> AlertPage:
        """One page of at most 100 alerts; ValueError for a limit outside 1 to 100 or a negative offset."""
        if not 1 <= limit <= API_PAGE_SIZE or offset < 0:
            raise ValueError(f"A page holds 1 to {API_PAGE_SIZE} alerts from an offset of 0 or more.")
        params = query.params() | {"limit": str(limit), "offset": str(offset)}
        return self.read_page(LISTING._replace(params=params))

    def iter_alerts(self, query: AlertQuery, limit: int | None = None) -> Iterator[Any]:
        """The alerts of a query in its order, at most `limit` of them (None = all), by offset paging."""
        return self.iter_items(LISTING._replace(params=query.params()), limit)

    def alerts_since(self, query: AlertQuery, since: int, moment: str = "created") -> Iterator[AlertPage]:
        """Every alert created (or "updated") at `since` (epoch seconds) or later, oldest first, without repeats.

        The next page starts at the last moment read, so alerts that leave the filter shift nothing; windows are asked
        one second wider, since bounds may be exclusive. Where that second is crowded, what is known of it is passed
        over, so that a page brings at least one second. After an error the pages given before stay good.
        """
        until = (getattr(query, moment) or (None, None))[1]
        start, full, previous, seen, worth = since, True, list[Any](), set[ItemKey](), float(CROWDED_MARGIN)
        while full:
            window, known = query.between(moment, start - 1, until), sum(key[1] == start - 1 for key in seen)
            page = self._page_past(window, moment, start, known) if known >= worth else None
            if page is None:
                page, worth = self.alerts_page(window), math.inf if known >= worth else worth
            items, full = page.items, len(page.items) >= API_PAGE_SIZE
            moments = self._moments(items, moment, start)
            if full and (not moments or (items == previous and moments[-1] > start)):
                raise self._failure(LISTING, FAULTS["paging"], "a page that does not lead on from the one before")
            crowded, previous = full and moments[-1] <= start, items
            start = max(start, moments[-1]) if full else start
            for rows in itertools.chain([items], self._crowd(query, moment, start) if crowded else ()):
                keyed = {item_key(item, moment, since): item for item in rows}
                fresh = [key for key in keyed if key not in seen and (key[1] is None or key[1] >= since)]
                seen = {key for key in (*seen, *fresh) if key[1] is None or key[1] >= start - 1}
                if fresh:
                    yield AlertPage([keyed[key] for key in fresh], page.total, start)
            if crowded:
                start += 1
                yield AlertPage([], page.total, start)

    def _page_past(self, window: AlertQuery, moment: str, start: int, known: int) -> AlertPage | None:
        """A page without all but one of the `known` alerts of the second before `start`; None when that is not safe.

        They come first. While the page begins with one of them, nothing but alerts of their second was passed over; it
        does not where bounds are exclusive or some of them have left the filter.
        """
        page = self.alerts_page(window, API_PAGE_SIZE, known - 1)
        first = next((at for item in page.items if (at := moment_since(item, moment, start)) is not None), start)
        return page if first < start else None

    def _moments(self, items: list[Any], moment: str, start: int) -> list[int]:
        """The readable moments of a page; SekoiaBadResponse when they do not ascend."""
        moments = [at for item in items if (at := moment_since(item, moment, start)) is not None]
        if any(later < earlier for earlier, later in itertools.pairwise(moments)):
            raise self._failure(LISTING, FAULTS["paging"], f"a page that is not in ascending order of {moment}_at")
        return moments

    def _crowd(self, query: AlertQuery, moment: str, second: int) -> Iterator[list[Any]]:
        """All alerts up to the end of a second that holds more than a page, by offset, as they are read."""
        window, found = query.between(moment, second - 1, second + 1), set[ItemKey]()
        for _ in range(DRAIN_PASSES):  # no order is promised inside a second: a reading may repeat some and miss some
            known, count = len(found), 0
            for page in self.iter_pages(LISTING._replace(params=window.params())):
                count, found = count + len(page.items), found | {item_key(it, moment, second) for it in page.items}
                yield [item for item in page.items if (moment_since(item, moment, second) or 0) <= second]
            if len(found) == known and known >= count:  # an alert that leaves meanwhile hides another one: read again
                return
        if len(found) > known:
            raise self._failure(LISTING, FAULTS["paging"], f"a second still incomplete after {DRAIN_PASSES} readings")

    def get_alert(self, alert_id: str, **parts: bool) -> JsonObject:
        """One alert by uuid or short id, with the parts asked for: names and defaults as in PARTS.

        SekoiaBadResponse for an object that names no alert.
        """
        flags = {name: "true" if flag else "false" for name, flag in (PARTS | parts).items()}
        call = ApiCall("GET", alert_path(alert_id), flags, names_object=True)
        alert = self.read_object(call)
        if not alert.get("uuid") and not alert.get("short_id"):
            raise self._failure(call, FAULTS["shape"], "JSON that names no alert")
        return alert

    def get_workflow(self, alert_id: str) -> list[Any]:
        """The moves the alert allows now: {id, name, description}."""
        return self.read_page(ApiCall("GET", alert_path(alert_id, "/workflow"), names_object=True), "actions").items

    def iter_comments(self, alert_id: str) -> Iterator[Any]:
        """All comments of an alert: {uuid, content, author, date (epoch seconds), created_by, ...}."""
        return self.iter_items(ApiCall("GET", alert_path(alert_id, "/comments"), names_object=True))

    def set_status(
        self, alert_id: str, action_uuid: str, comment: str | None = None, *, reached: AlertTest
    ) -> list[Any]:
        """Move an alert; the moves it allows next (empty when they were not told).

        After a doubtful answer `reached` tells from the alert as read back whether the move was done; only when it says
        no, the move is sent once more. SekoiaDoubtful when even then nobody knows.
        """
        body = {"action_uuid": action_uuid} | ({} if comment is None else {"comment": comment})
        call = ApiCall("PATCH", alert_path(alert_id, "/workflow"), body=body, names_object=True)
        actions = self.write(call, lambda: self._alert_if(alert_id, reached)).get("actions")
        return actions if isinstance(actions, list) else []

    def edit_alert(self, alert_id: str, changes: Mapping[str, Any], *, reached: AlertTest) -> JsonObject:
        """Change fields of an alert; the alert after it. `reached` as in set_status."""
        call = ApiCall("PATCH", alert_path(alert_id), body=changes, names_object=True)
        return self.write(call, lambda: self._alert_if(alert_id, reached))

    def post_comment(self, alert_id: str, content: str, author: str | None = None) -> JsonObject:
        """Add a comment and give it back; after a doubtful answer it is looked for, and posted again only if absent."""
        body = {"content": content} | ({} if author is None else {"author": author})
        listing = ApiCall("GET", alert_path(alert_id, "/comments"), names_object=True)

        def same(item: JsonObject) -> bool:
            written = str(item.get("content")).split()  # line ends may be kept in another form
            return written == content.split() and author in (None, item.get("author"))

        return self.post_once(listing._replace(method="POST", body=body), listing, same, "date")

    def post_once(
        self, call: ApiCall, listing: ApiCall, same: AlertTest, made: str, read: MomentReader | None = None
    ) -> JsonObject:
        """Create an object and give it back; after a doubtful answer it is looked for in the list before a second try.

        `same` tells an object like the one sent, `made` is the field with the time it was made, which `read` reads.
        """
        sent_at = time.time()

        def is_sent(item: Any) -> bool:  # asked of what was read after the doubt, which told Sekoia's time
            date = (read or moment_of)(item, made) if isinstance(item, dict) and same(item) else None
            return date is not None and date >= sent_at + self._clock_gap

        return self.write(call, lambda: next(filter(is_sent, self.iter_items(listing)), None))

    def custom_statuses(self, kind: str = "alert") -> list[Any]:
        """The tenant's own statuses of alerts (or of "case"): {uuid, label, stage, level, ...}."""
        return list(self.iter_items(ApiCall("GET", "/v1/sic/custom_statuses", {"match[type]": kind})))

    def custom_verdicts(self) -> list[Any]:
        """The tenant's own verdicts: {uuid, label, stage, level, ...}."""
        return list(self.iter_items(ApiCall("GET", "/v1/sic/custom_verdicts")))

    def kill_chains(self) -> list[Any]:
        """The stages of the kill chain: {uuid, short_id, name, description, ...}."""
        return list(self.iter_items(ApiCall("GET", "/v1/sic/kill-chains")))

    def assets(self, uuids: Iterable[str]) -> list[Any]:
        """The assets with these uuids, revoked ones too, 50 per call; what is no uuid is not asked for."""
        wanted = list(dict.fromkeys(uuid for uuid in uuids if re.fullmatch(UUID_PATTERN, str(uuid))))
        found: list[Any] = []
        for first in range(0, len(wanted), ASSET_BATCH_SIZE):
            params = {"uuids": ",".join(wanted[first : first + ASSET_BATCH_SIZE]), "include_revoked": "true"}
            found += self.iter_items(ApiCall("GET", "/v2/asset-management/assets", params))
        return found

    def iter_pages(self, call: ApiCall, limit: int | None = None, size: int = API_PAGE_SIZE) -> Iterator[AlertPage]:
        """The pages of a list by offset, until a short one or `limit` items; SekoiaBadResponse for a repeated page."""
        offset, previous = 0, list[int]()
        while limit is None or offset < limit:
            asked = size if limit is None else min(size, limit - offset)
            window = {**call.params, "limit": str(asked), "offset": str(offset)}
            page = self.read_page(call._replace(params=window))
            count = len(page.items)
            marks = [hash(str(item)) for item in page.items] if count >= asked or offset else []
            if marks and marks == previous:
                raise self._failure(call, FAULTS["paging"], "the same page twice")
            yield page
            if count < asked:
                return
            offset, previous = offset + count, marks

    def iter_items(self, call: ApiCall, limit: int | None = None, size: int = API_PAGE_SIZE) -> Iterator[Any]:
        """The items of a list by offset, at most `limit` of them; `size` is the largest page the endpoint gives."""
        return itertools.islice(self._items(self.iter_pages(call, limit, size)), limit)

    @staticmethod
    def _items(pages: Iterable[AlertPage]) -> Iterator[Any]:
        for page in pages:
            yield from page.items
            page.items.clear()  # a page of events is heavy, and would else live on while the next one is read

    def read_object(self, call: ApiCall) -> JsonObject:
        """The JSON object that answers a call; SekoiaBadResponse for any other JSON."""
        data = self._call(call)
        if not isinstance(data, dict):
            raise self._failure(call, FAULTS["shape"], "JSON that is not an object")
        return data

    def read_any(self, call: ApiCall) -> Any:
        """Whatever JSON answers a call, an empty object for no content; a change is sent once, as `write` does."""
        try:
            return self._call(call)
        except SekoiaError as error:
            failure = error
        if call.method == "GET" or not failure.doubtful:
            raise failure
        raise SekoiaDoubtful(str(call), failure.came_back, FAULTS["doubt"], failure.facts)

    def read_file(self, call: ApiCall) -> bytes:
        """The bytes that answer a call for a file."""
        return bytes(self._call(call._replace(raw=True)))

    def read_page(self, call: ApiCall, key: str = "items") -> AlertPage:
        """One page of a list; SekoiaBadResponse for JSON without the list `key`."""
        data = self._call(call)
        items = data.get(key) if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise self._failure(call, FAULTS["shape"], f"JSON without the list '{key}'")
        total = data.get("total")
        return AlertPage(items, total if isinstance(total, int) else None)

    def _alert_if(self, alert_id: str, reached: AlertTest) -> JsonObject | None:
        alert = self.get_alert(alert_id)
        return alert if reached(alert) else None

    def write(self, call: ApiCall, find_effect: Callable[[], JsonObject | None] | None = None) -> JsonObject:
        """Send a change; after a doubtful answer look for its effect, and only when there is none send it once more.

        Without a way to look it is sent once, and SekoiaDoubtful says that nobody knows.
        """
        for attempt in (1, 2):
            try:
                answer = self._call(call)
                return answer if isinstance(answer, dict) else {}
            except SekoiaError as error:
                failure = error
            # the first attempt may have arrived late, so that the second one finds the change done
            overtaken = attempt == 2 and isinstance(failure, SekoiaConflict)
            if not failure.doubtful and not overtaken:
                raise failure
            trouble = "what it did cannot be looked up"
            if find_effect is None:
                break
            try:
                self.deadline.sleep(SETTLE_SECONDS, str(call), failure)
                effect = find_effect()
            except SekoiaError as error:
                trouble = f"looking for its effect failed too ({error.came_back})"
                break
            if effect is not None:
                return effect
            if overtaken:
                raise failure
            trouble = "no effect is to be seen"
        raise SekoiaDoubtful(str(call), f"{failure.came_back}; {trouble}", FAULTS["doubt"], failure.facts)

    def _call(self, call: ApiCall) -> Any:
        """The JSON of a good answer, after as many attempts as are safe, useful and in time."""
        if self._refused:
            raise self._refused  # after a 401 nothing more is sent: a refused key must not become a storm
        for attempt in itertools.count(1):
            sent = self.calls
            try:
                found = self._judged(call, self._exchange(call))
                self.outcomes[""] += 1
                return found
            except SekoiaError as error:
                failure = error
                self.outcomes[failure.rule.kind] += self.calls - sent
            if isinstance(failure, SekoiaDeadline):
                break
            self.errors += 1
            self.pace.note_error()
            self.pace.hold(failure.retry_after or 0.0)  # whatever this run calls next
            self._refused = failure if isinstance(failure, SekoiaAuthError) else None
            jitter = random.uniform(0.0, min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (attempt - 1)))
            wait = jitter if failure.retry_after is None else failure.retry_after
            safe = failure.transient and (call.method == "GET" or not failure.doubtful)
            if not safe or attempt >= self.tries or wait > LONGEST_WAIT:
                break
            self.deadline.sleep(wait, str(call), failure)
        raise failure

    def _exchange(self, call: ApiCall) -> ApiAnswer:
        self.pace.wait(self.deadline, str(call))
        self.calls += 1
        left = max(0.01, self.deadline.remaining())
        # the limit of a connection counts anew for each address and the handshake: the share keeps their sum in bounds
        connect = min(self._connect_timeout, left / 4)
        try:
            response = self._http_request(
                call.method,
                full_url=self.root + call.path,
                params=dict(call.params),
                json_data=dict(call.body) if isinstance(call.body, Mapping) else call.body,
                resp_type="response",
                ok_codes=ANY_STATUS,
                timeout=urllib3.Timeout(left, connect, read=min(self._read_timeout, left - connect)),
                stream=True,
                allow_redirects=False,
            )
            return self._read(call, response)
        except SekoiaError:
            raise
        except (requests.exceptions.RequestException, DemistoException, urllib3.exceptions.HTTPError) as error:
            causes = causes_of(error)
        raise self._broken(call, causes, left)  # outside of the handler: those texts must not ride along in the chain

    def _read(self, call: ApiCall, response: requests.Response) -> ApiAnswer:
        clock_gap = seconds_until(response.headers.get("Date", ""))
        try:
            body = body_within(response, self.deadline, BODY_LIMIT)
        except BodyTooLarge:
            raise self._failure(call, FAULTS["size"], f"more than {BODY_LIMIT // 2**20} MiB") from None
        return ApiAnswer(response.status_code, response.headers, body, clock_gap)

    def _judged(self, call: ApiCall, answer: ApiAnswer) -> Any:
        if answer.status not in SUCCEEDED or answer.is_page():
            raise self._refusal(call, answer)
        if answer.clock_gap is not None:  # here, since the clock of a gateway that answers for Sekoia says nothing
            self._clock_gap = answer.clock_gap - DATE_SLACK
        if call.raw or (not answer.body and (call.method != "GET" or answer.status == 204)):
            return answer.body if call.raw else {}
        try:
            decoded = json.loads(answer.body, parse_constant=lambda word: None, parse_float=finite)  # NaN is no JSON
            return without_secrets(decoded)
        except (ValueError, RecursionError):
            start = scrubbed(answer.text(), self._key)[:80]  # a key that is cut in two is found no more
            words = f"HTTP {answer.status} with something that is not JSON: {start!r}"
        raise self._failure(call, FAULTS["json"], words, answer)

    def _refusal(self, call: ApiCall, answer: ApiAnswer) -> SekoiaError:
        code, message = answer.words()
        if answer.status in REDIRECTION:
            message = "a redirect to " + answer.headers.get("Location", "nowhere").partition("?")[0]
        known = f" (code {code})" if code else ""
        return self._failure(call, rule_for(call, answer), f"HTTP {answer.status}: {message}{known}", answer)

    def _broken(self, call: ApiCall, causes: list[BaseException], left: float) -> SekoiaError:
        kind, says, _ = next(row for row in TRANSPORT_KINDS if any(isinstance(it, row[2]) for it in causes))
        waited = left - self.deadline.remaining()  # after most of it in silence, the rest is worth no other try
        if kind in ("timeout", "cut", "reset") and waited >= left * (0.7 if kind == "timeout" else 1):
            return self._failure(call, FAULTS["timeout:reading"], f"Sekoia did not answer within {waited:.1f} s")
        return self._failure(call, FAULTS[kind], f"{says} ({urllib.parse.urlsplit(self.root).netloc}; {causes[-1]})")

    def _failure(self, call: ApiCall, rule: FailureRule, words: str, answer: ApiAnswer | None = None) -> SekoiaError:
        """The error of a rule. Remote text becomes an error nowhere else, since it is scrubbed here."""
        facts = AnswerFacts()
        if answer:
            wait = retry_after_seconds(answer.headers.get("Retry-After"), answer.clock_gap)
            facts = AnswerFacts(answer.status, answer.words()[0], scrubbed(answer.text(), self._key), wait)
        return rule.error(str(call), scrubbed(words, self._key), rule, facts)
