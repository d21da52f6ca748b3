"""The Test button: each trouble has its own sentence, which says what to do, and comes within thirty seconds."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.tls import TlsFiles
from lab.xsoar.host import TestOutcome
from tests.stage import Stage

VALIDATE = "GET /v1/auth/validate"
# Settings of the machine that runs the tests; the platform's container has its own.
MACHINE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No certificate bundle and no proxy but those that a test sets."""
    for name in (*MACHINE_VARIABLES, *PROXY_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return TlsFiles.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_server(stage: Stage, tls_files: TlsFiles) -> Iterator[SekoiaServer]:
    """The same tenant behind a certificate that no public authority signed."""
    with SekoiaServer(stage.world, tls=tls_files) as running:
        yield running


@dataclass
class Bench:
    """A stage, and what a trouble may need beside it."""

    stage: Stage
    tls_url: str
    environment: pytest.MonkeyPatch

    def key(self, name: str, **said: object) -> None:
        """The instance uses another key of the tenant."""
        text = self.stage.world.keys.issue(name, **said)  # type: ignore[arg-type]
        self.stage.configure(credentials={"identifier": "", "password": text})

    def answer(self, on: str, **said: object) -> None:
        """From now on these calls end in a fault."""
        self.stage.world.faults.arm(Fault(on, times=None, **said))  # type: ignore[arg-type]

    def press(self) -> TestOutcome:
        return self.stage.host.test(self.stage.instance)

    def restore(self) -> None:
        """The instance as it was made."""
        self.stage.world.faults.clear()
        self.stage.configure(url=self.stage.server.url, insecure=False, proxy=False, **self.stage.secret())


@pytest.fixture
def bench(stage: Stage, tls_server: SekoiaServer, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(stage, tls_server.url, monkeypatch)


def closed_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def proxy_down(bench: Bench) -> None:
    bench.environment.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    bench.stage.configure(proxy=True)


def wrong_key(bench: Bench) -> None:
    bench.stage.configure(credentials={"identifier": "", "password": "eyJnotAKeyOfThisTenant"})


def page_with_200(bench: Bench) -> None:
    bench.answer(VALIDATE, kind="html", status=200)


# what is wrong: how it comes about, what came back, what to do
TROUBLES: dict[str, tuple[Callable[[Bench], None], str, str]] = {
    "wrong key": (wrong_key, "(code T300)", "Check that the key was copied whole"),
    "expired key": (lambda bench: bench.key("old", state="expired"), "(code T301)", "create a new one"),
    "revoked key": (lambda bench: bench.key("gone", state="revoked"), "(code T302)", "ask your Sekoia administrator"),
    "no right to see alerts": (
        lambda bench: bench.key("intern", permissions=["View asset"]),
        "GET /v1/sic/alerts: HTTP 403",
        "a role with the permission 'View alerts'",
    ),
    "wrong region, a web site": (
        lambda bench: bench.answer(VALIDATE, kind="html", status=404),
        "HTTP 404: a web page",
        "Use one of: FRA1 https://api.sekoia.io",
    ),
    "wrong region, an API": (
        lambda bench: bench.answer(VALIDATE, kind="status", status=404, body={"message": "Not Found"}),
        "HTTP 404: Not Found",
        "Use one of: FRA1 https://api.sekoia.io",
    ),
    "nobody listens": (
        lambda bench: bench.stage.configure(url=f"http://127.0.0.1:{closed_port()}"),
        "the host cannot be reached",
        "Open the way from the engine to this host",
    ),
    "unknown host": (
        lambda bench: bench.stage.configure(url="https://api.sekoia.invalid"),
        "the host name is unknown (api.sekoia.invalid",
        "Check the host in the base URL and the DNS of the engine",
    ),
    "untrusted certificate": (
        lambda bench: bench.stage.configure(url=bench.tls_url),
        "TLS failed",
        "Install the certificate authority",
    ),
    "a page with 200": (page_with_200, "HTTP 200: a web page", "Use the API of your region"),
    "proxy down": (proxy_down, "the proxy could not be used", "Check the proxy settings of the engine"),
    "redirect": (
        lambda bench: bench.answer("*", kind="redirect", location="https://login.example/?next=1"),
        "a redirect to https://login.example/",
        "set the base URL to the address the redirect leads to",
    ),
    "slow": (
        lambda bench: bench.answer(VALIDATE, kind="delay", seconds=26),
        "GET /v1/auth/validate: Sekoia did not answer within 25.0 s",
        "Try again; if it lasts, look at the proxy and at Sekoia's status page",
    ),
    "server error": (
        lambda bench: bench.answer("*", kind="status", status=503),
        "HTTP 503",
        "Try again in some minutes",
    ),
    "firewall": (
        lambda bench: bench.answer("*", kind="html", status=403),
        "a web page titled 'Request blocked'",
        "lower the requests per second",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_named_with_what_to_do_within_thirty_seconds(bench: Bench, trouble: str) -> None:
    cause, came_back, what_to_do = TROUBLES[trouble]
    cause(bench)
    before = bench.stage.clock.time()
    outcome = bench.press()
    assert not outcome.ok
    assert came_back in outcome.message
    assert what_to_do in outcome.message
    assert bench.stage.clock.time() - before <= 30


def test_no_two_troubles_have_the_same_sentence(bench: Bench) -> None:
    said: dict[str, str] = {}
    for name, (cause, _, _) in TROUBLES.items():
        with pytest.MonkeyPatch.context() as environment:
            bench.environment = environment
            cause(bench)
            said[name] = bench.press().message
        bench.restore()
    assert len(set(said.values())) == len(TROUBLES), said


FAULTY: dict[str, tuple[dict[str, object], str]] = {
    "max_fetch zero": ({"max_fetch": "0"}, "Maximum incidents per interval: '0' is not a whole number of at least 1"),
    "max_fetch above the most": ({"max_fetch": "500"}, "Set a number from 1 to 200"),
    "max_fetch a word": ({"max_fetch": "many"}, "Maximum incidents per interval: 'many' is not a whole number"),
    "max_fetch a fraction": ({"max_fetch": "2.5"}, "'2.5' is not a whole number"),
    "first_fetch no time": ({"first_fetch": "a while"}, "First fetch timestamp: 'a while' is not a time. Use for"),
    "first_fetch in the future": ({"first_fetch": "2027-01-01T00:00:00Z"}, "lies in the future. Use for example -7d"),
    "first_fetch in the future, spoken": ({"first_fetch": "in 2 days"}, "lies in the future. Use for example -7d"),
    "urgency a word": ({"alerts_urgency": "high"}, "Alerts urgency: 'high' is not a whole number from 0 to 100"),
    "urgency falling": ({"alerts_urgency": "90,10"}, "begins above its end. Write min,max"),
    "urgency too high": ({"alerts_urgency": "10,200"}, "'200' is not a whole number from 0 to 100"),
    "urgency of three": ({"alerts_urgency": "1,2,3"}, "is not a range. Write min,max"),
    "thresholds two": ({"severity_thresholds": "20,40"}, "must be three rising numbers, for example 20,40,80"),
    "thresholds falling": ({"severity_thresholds": "80,40,20"}, "must be three rising numbers"),
    "thresholds words": ({"severity_thresholds": "low,high,top"}, "Severity thresholds: 'low' is not a whole number"),
    "time zone unknown": ({"timezone": "Mars/Base"}, "Time zone: 'Mars/Base' is unknown. Use an IANA name"),
    "key of blanks": ({"credentials": {"identifier": "x", "password": "  "}}, "API key: the instance has none. Paste"),
    "key with a line break": ({"credentials": {"password": "eyJa\neyJb"}}, "it holds blanks, line breaks or letters"),
    "status label unknown": ({"alerts_status": ["Pending", "Parked"]}, "'Parked' is no status of this tenant. Known"),
    "look back too long": ({"look_back": "5000"}, "Look back (minutes): '5000' is not a whole number from 0 to 1440"),
    "budget too long": ({"fetch_budget": "900"}, "Fetch time budget (seconds): '900' is not a whole number from 10"),
    "pace of nothing": ({"requests_per_second": "0"}, "Requests per second: '0' is not a number from 0.1 to 100"),
    "url without a scheme": ({"url": "api.sekoia.io"}, "it does not start with https. Write it like https://api"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_parameter_at_fault_is_named_with_what_to_write(stage: Stage, case: str) -> None:
    params, sentence = FAULTY[case]
    stage.configure(**params)
    outcome = stage.host.test(stage.instance)
    assert not outcome.ok
    assert sentence in outcome.message


def test_key_with_all_rights_is_ok(stage: Stage) -> None:
    assert stage.host.test(stage.instance).ok


def test_key_that_may_only_see_alerts_is_ok(bench: Bench) -> None:
    bench.key("reader", permissions=["View alerts"])
    assert bench.press().ok


def test_label_of_the_tenant_is_ok(stage: Stage) -> None:
    stage.world.statuses.define(label="Waiting for customer", stage="in_progress")
    stage.configure(alerts_status=["Pending", "waiting for customer"])
    assert stage.host.test(stage.instance).message == "ok"


def test_label_that_the_key_may_not_read_names_the_permission(bench: Bench) -> None:
    bench.stage.world.statuses.define(label="Waiting for customer", stage="in_progress")
    bench.key("reader", permissions=["View alerts"])
    bench.stage.configure(alerts_status=["Waiting for customer"])
    assert "that takes the permissions View cases and View alerts" in bench.press().message


def test_test_button_writes_nothing_in_the_tenant(stage: Stage) -> None:
    stage.host.test(stage.instance)
    assert {call.method for call in stage.world.journal.calls} == {"GET"}


@pytest.mark.parametrize("variable", [None, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_trusting_any_certificate_passes_even_beside_a_bundle_of_the_machine(
    bench: Bench, tmp_path: Path, variable: str | None
) -> None:
    if variable:
        bench.environment.setenv(variable, str(TlsFiles.make(tmp_path).authority))
    bench.stage.configure(url=bench.tls_url, insecure=True)
    assert bench.press().message == "ok"


def test_certificate_is_refused_when_the_bundle_of_the_machine_holds_another_authority(
    bench: Bench, tmp_path: Path
) -> None:
    bench.environment.setenv("REQUESTS_CA_BUNDLE", str(TlsFiles.make(tmp_path).authority))
    bench.stage.configure(url=bench.tls_url)
    assert "TLS failed" in bench.press().message


def test_certificate_is_trusted_once_its_authority_is_installed(bench: Bench, tls_files: TlsFiles) -> None:
    bench.environment.setenv("REQUESTS_CA_BUNDLE", str(tls_files.authority))
    bench.stage.configure(url=bench.tls_url)
    assert bench.press().message == "ok"


def test_trusting_any_certificate_leaves_the_environment_of_the_next_run_alone(
    bench: Bench, tls_files: TlsFiles
) -> None:
    bench.environment.setenv("REQUESTS_CA_BUNDLE", str(tls_files.authority))
    bench.stage.configure(url=bench.tls_url, insecure=True)
    bench.press()
    assert os.environ["REQUESTS_CA_BUNDLE"] == str(tls_files.authority)


def test_system_proxy_is_not_used_unless_the_instance_says_so(bench: Bench) -> None:
    bench.environment.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert bench.press().message == "ok"
