"""`python -m lab demo | serve | fetch | readme | pictures`: the only file that joins the two halves of the lab."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import gallery
from lab.clock import Clock, RealClock, TimeSource
from lab.pictures import take
from lab.readme import Example, integration_readme
from lab.sekoia import scenario
from lab.sekoia.faults import Fault
from lab.sekoia.instants import read_instant
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.show import Screen
from lab.xsoar.bundle import Bundle
from lab.xsoar.commandline import parse
from lab.xsoar.host import Host
from lab.xsoar.instance import Instance

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "Packs/SekoiaXDR/Integrations/SekoiaXDR"
INTEGRATION, INSTANCE = "Sekoia XDR", "Sekoia XDR_instance_1"
ALERTS = "GET /v1/sic/alerts"
PICTURE_PORT = 18080  # the same address in every picture


@dataclass
class Scene:
    """A tenant that plays a story, and a host with the built pack connected to it."""

    world: World
    server: SekoiaServer
    host: Host
    clock: TimeSource
    instance: Instance

    def configure(self, **params: Any) -> None:
        """Changes parameters of the instance, as a user does between two runs."""
        self.instance = self.host.change_params(self.instance.name, params)

    def minute(self) -> Any:
        """A minute passes, then the platform's schedule runs one fetch."""
        self.clock.sleep(60)
        return self.host.fetch(self.instance)

    def state_of(self, short_id: str) -> str:
        """What the tenant itself says of an alert."""
        alert = self.world.alerts.get(short_id)
        verdict = f", verdict {alert.ruling.verdict.label}" if alert.ruling else ""
        return f"{alert.status.label} ({alert.status.stage}){verdict}, comments: {len(alert.comments)}"


def built_zip() -> Path:
    """The newest built pack; ends the program with a sentence when there is none."""
    found = sorted((ROOT / "dist").glob("*.zip"))
    if not found:
        sys.exit("dist/ holds no built pack: run `make pack` first.")
    return found[-1]


def settings(url: str, key: str, **more: Any) -> dict[str, Any]:
    """The parameters of an instance, with the platform's shape of a credential."""
    return {"url": url, "credentials": {"identifier": "", "password": key}, **more}


@contextmanager
def scene(story: str, port: int = 0) -> Iterator[Scene]:
    """A story on stage, with an instance that may do everything. Everything is gone afterwards."""
    told = scenario.read(story)
    clock = Clock(read_instant(told["start"]))
    world = World(clock, seed=int(told.get("seed", 0)))
    world.load(told)
    with SekoiaServer(world, port=port) as server:
        host = Host(Bundle.load(built_zip()), ":memory:", clock)
        key = world.keys.issue("demo")
        params = settings(server.url, key, fetch_with_assets=True, fetch_with_kill_chain=True)
        yield Scene(world, server, host, clock, host.add_instance(INTEGRATION, INSTANCE, params))
        host.close()


# ---------------------------------------------------------------------------------------------------------------- demo


def demo(options: argparse.Namespace) -> int:
    """Plays a story from the test button to a closed alert. Exit code 1 when anything was lost or doubled."""
    screen = Screen(record=options.picture is not None)
    with scene(options.story, PICTURE_PORT if options.picture else 0) as stage:
        banner(screen, stage, options.story)
        press_test_button(screen, stage)
        fetch_story(screen, stage)
        chosen = show_incident(screen, stage)
        work_incident(screen, stage, chosen)
        stumble(screen, stage)
        rest_of_day(screen, stage)
        exact = balance(screen, stage)
    farewell(screen)
    if options.picture:
        screen.save_picture(options.picture, "make demo")
    return 0 if exact else 1


def banner(screen: Screen, stage: Scene, story: str) -> None:
    """What is about to be seen."""
    told = scenario.read(story)
    lines = (
        f"The built pack [bold]{built_zip().relative_to(ROOT)}[/] runs in a minimal XSOAR host against an emulated",
        "Sekoia API over HTTP on this machine. No server, no tenant, no network is needed.",
        f"Story: [bold]{told['title']}[/]. {' '.join(told['summary'].split())}",
    )
    screen.banner("Sekoia XDR for Cortex XSOAR", lines)


def press_test_button(screen: Screen, stage: Scene) -> None:
    """The test button with keys that fail, then with the right one."""
    screen.chapter(1, "Settings and the Test button")
    keys = {
        "an expired key": stage.world.keys.issue("old", state="expired"),
        "a key without rights": stage.world.keys.issue("intern", permissions=("View asset",)),
    }
    for label, key in keys.items():
        instance = stage.host.add_instance(INTEGRATION, f"Sekoia XDR, {label}", settings(stage.server.url, key))
        screen.verdict(False, label, stage.host.test(instance).message)
    outcome = stage.host.test(stage.instance)
    screen.verdict(outcome.ok, "the right key", outcome.message)


def incident_row(incident: Any) -> dict[str, Any]:
    """An incident as the analyst's list shows it."""
    return {
        "#": incident.id,
        "Incident": incident.name,
        "Severity": incident.severity,
        "Urgency": incident.fields["SekoiaXDR Urgency"],
        "Entity": incident.fields["SekoiaXDR Entity"],
        "Occurred (UTC)": str(incident.occurred)[:16].replace("T", " "),
    }


def fetch_story(screen: Screen, stage: Scene, minutes: int = 22) -> None:
    """Fetch each minute of the story's first scene."""
    screen.chapter(2, "Fetch, once a minute")
    for _ in range(minutes):
        before = len(stage.world.journal.calls)
        outcome = stage.minute()
        calls = len(stage.world.journal.calls) - before
        at = time.strftime("%H:%M", time.gmtime(stage.clock.time()))
        if outcome.error:
            screen.say(f"  {at}  [red]{outcome.error}[/]")
        elif outcome.created:
            screen.say(f"  {at}  [bold]{len(outcome.created)}[/] new with {calls} calls: {outcome.created[0].name}")
    screen.table("Incidents", [incident_row(incident) for incident in stage.host.incidents.all()])


SHOWN_FIELDS = (
    "Alert ID",
    "Severity",
    "SekoiaXDR Urgency",
    "SekoiaXDR Alert Status",
    "SekoiaXDR Rule Name",
    "Alert Category",
    "Alert Type ID",
    "SekoiaXDR Entity",
    "Source IP",
    "SekoiaXDR Target",
    "SekoiaXDR Kill Chain",
    "MITRE Technique Name",
    "SekoiaXDR Assets",
    "SekoiaXDR First Seen",
    "SekoiaXDR Occurrences",
    "External Link",
)


def show_incident(screen: Screen, stage: Scene) -> Any:
    """The most severe incident with what the mapper made of the alert; returns it."""
    screen.chapter(3, "One incident, as the mapper fills it")
    chosen = max(stage.host.incidents.all(), key=lambda one: (one.severity, one.fields["SekoiaXDR Urgency"] or 0))
    pairs = [(name, chosen.severity if name == "Severity" else chosen.fields[name]) for name in SHOWN_FIELDS]
    screen.fields(
        f"#{chosen.id}  {chosen.name}   (type: {chosen.type})",
        [pair for pair in pairs if pair[1] not in (None, "", [])],
    )
    return chosen


def work_incident(screen: Screen, stage: Scene, incident: Any) -> None:
    """Acknowledge, comment, close; after each, the state in Sekoia."""
    screen.chapter(4, "From the war room")
    short_id = str(incident.dbot_mirror_id)
    lines = (
        f'!sekoia-xdr-update-status-alert id={short_id} status=Acknowledge comment="Taken by the day shift"',
        f'!sekoia-xdr-post-comment-alert id={short_id} comment="Two more copies removed." author="Day shift"',
        f"!sekoia-xdr-close-alert id={short_id} verdict=true_positive",
        f"!sekoia-xdr-close-alert id={short_id}",
    )
    for line in lines:
        outcome = stage.host.run(line, stage.instance, incident.id)
        shown = outcome.error or "\n\n".join(entry.shown for entry in outcome.entries)
        screen.command(line, shown, error=outcome.error is not None)
        screen.aside(f"in Sekoia: {stage.state_of(short_id)}")


def stumble(screen: Screen, stage: Scene) -> None:
    """New alerts arrive while the API misbehaves; what was not fetched at once is fetched later."""
    screen.chapter(5, "When the API stumbles")
    for number in range(1, 6):
        stage.world.alerts.raise_alert(f"Password spraying against the VPN portal, wave {number}", urgency=35 + number)
    for fault in (Fault(ALERTS, kind="status", status=503, times=2), Fault(ALERTS, kind="cut", after=2, times=1)):
        stage.world.faults.arm(fault)
    outcome = stage.minute()
    screen.verdict(
        True, "503, 503, cut answer", f"{len(outcome.created)} new incidents in the same run, after three repeats"
    )
    stage.world.alerts.raise_alert("Password spraying against the VPN portal, wave 6", urgency=41)
    stage.world.faults.arm(Fault(ALERTS, kind="html", status=403, times=1))
    outcome = stage.minute()
    screen.verdict(False, "a firewall's page", outcome.error or "")
    outcome = stage.minute()
    screen.verdict(True, "a minute later", f"{len(outcome.created)} new incident: nothing was skipped")


def rest_of_day(screen: Screen, stage: Scene, hours: int = 4) -> None:
    """The story goes on to its end, a fetch each minute."""
    screen.chapter(6, "The rest of the day")
    for _ in screen.progress(f"{hours} hours, a fetch each minute", range(60 * hours)):
        stage.minute()


def balance(screen: Screen, stage: Scene) -> bool:
    """Counts both sides; True when each alert is exactly one incident."""
    alerts = sorted(alert.short_id for alert in stage.world.alerts.all())
    incidents = sorted(str(incident.dbot_mirror_id) for incident in stage.host.incidents.all())
    lost, doubled = set(alerts) - set(incidents), len(incidents) - len(set(incidents))
    counts = {"alerts in Sekoia": len(alerts), "incidents": len(incidents), "lost": len(lost), "doubled": doubled}
    screen.table("Balance", [counts])
    return alerts == incidents


def farewell(screen: Screen) -> None:
    """Where the pack is and how to install it."""
    screen.say(f"The pack: [bold]{built_zip().relative_to(ROOT)}[/]")
    screen.say("Install it: Cortex XSOAR, Marketplace, ⋮, Upload content packs; or from here:")
    screen.say("  DEMISTO_BASE_URL=https://your-server DEMISTO_API_KEY=… make upload")


# ------------------------------------------------------------------------------------------------- serve, fetch, readme


def serve(options: argparse.Namespace) -> int:
    """Serves a story's tenant on loopback in real time until interrupted."""
    world = World(RealClock(), seed=0)
    world.load({**scenario.read(options.story), "start": "now"})
    with SekoiaServer(world, port=options.port) as server:
        sys.stdout.write(f"Sekoia API of the lab: {server.url}\nAPI key: {world.keys.issue('visitor')}\nStop: Ctrl-C\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


def fetch(options: argparse.Namespace) -> int:
    """Fetch runs in real time on a database that survives; SEKOIA_API_KEY holds the key. Prints one line a run."""
    key = os.environ.get("SEKOIA_API_KEY", "")
    host = Host(Bundle.load(built_zip()), options.database, RealClock())
    host.supply_secret(INSTANCE, settings(options.url, key))
    known = bool(host.store.rows("SELECT 1 FROM instances"))
    params = settings(options.url, key, max_fetch=str(options.max_fetch))
    instance = host.instance(INSTANCE) if known else host.add_instance(INTEGRATION, INSTANCE, params)
    for _ in range(options.runs):
        outcome = host.fetch(instance)
        sys.stdout.write(json.dumps({"created": len(outcome.created), "error": outcome.error}) + "\n")
        sys.stdout.flush()
    host.close()
    return 0


def run_examples(stage: Scene) -> Mapping[str, list[Example]]:
    """Runs command_examples.txt; the word ALERT in it stands for the story's most urgent alert."""
    for _ in range(5):
        stage.minute()
    incidents = stage.host.incidents.all()
    chosen = max(incidents, key=lambda one: one.fields["SekoiaXDR Urgency"] or 0)
    examples: dict[str, list[Example]] = {}
    for raw in (SOURCE / "command_examples.txt").read_text("utf-8").splitlines():
        line = raw.replace("ALERT", str(chosen.dbot_mirror_id))
        outcome = stage.host.run(line, stage.instance)
        if outcome.error:
            sys.exit(f"{line}\n{outcome.error}")
        context = {key: value for entry in outcome.entries for key, value in entry.context.items()}
        plain = {key.partition("(")[0]: value for key, value in context.items()}
        example = Example(line, plain, "\n".join(entry.shown for entry in outcome.entries))
        examples.setdefault(parse(line)[0], []).append(example)
    return examples


def readme_text() -> str:
    """The integration's README, from its yml and from examples that run now; the lab's address is written as FRA1's."""
    with scene("phishing") as stage:
        examples, address = run_examples(stage), stage.server.url
    declared = yaml.safe_load((SOURCE / "SekoiaXDR.yml").read_text("utf-8"))
    chapters = (ROOT / "docs/integration/chapters.md").read_text("utf-8")
    return integration_readme(declared, chapters, examples).replace(address, "https://app.sekoia.io")


def readme(options: argparse.Namespace) -> int:
    """Writes the integration's README."""
    options.output.write_text(readme_text(), encoding="utf-8")
    return 0


# ------------------------------------------------------------------------------------------------------------ pictures


def pictures(options: argparse.Namespace) -> int:
    """Draws the pages of the pack."""
    with scene("phishing", PICTURE_PORT) as stage:
        shots = gallery.incident_shots(stage)
    with scene("backlog_week", PICTURE_PORT) as stage:
        shots += gallery.dashboard_shots(stage)
    if options.html:
        options.html.mkdir(parents=True, exist_ok=True)
        for shot in shots:
            (options.html / f"{shot.name}.html").write_text(shot.document, encoding="utf-8")
        return 0
    for path in take([shot for shot in shots if options.all or not shot.extra], options.output):
        sys.stdout.write(f"{path}  {path.stat().st_size // 1024} KiB\n")
    return 0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lab", description="The lab of the Sekoia XDR pack.")
    commands = parser.add_subparsers(required=True, metavar="demo | serve | fetch | readme | pictures")
    one = commands.add_parser("demo", help="play a story from the test button to a closed alert")
    one.add_argument("--story", default="phishing", choices=scenario.names())
    one.add_argument("--picture", type=Path, help="also write what is shown to this SVG file")
    one.set_defaults(act=demo)
    one = commands.add_parser("serve", help="serve the emulated API on loopback")
    one.add_argument("--story", default="phishing", choices=scenario.names())
    one.add_argument("--port", type=int, default=0)
    one.set_defaults(act=serve)
    one = commands.add_parser("fetch", help="fetch in real time into a database that survives")
    one.add_argument("--url", required=True)
    one.add_argument("--database", type=Path, required=True)
    one.add_argument("--runs", type=int, default=1)
    one.add_argument("--max-fetch", type=int, default=10)
    one.set_defaults(act=fetch)
    one = commands.add_parser("readme", help="write the integration's README")
    one.add_argument("--output", type=Path, default=SOURCE / "README.md")
    one.set_defaults(act=readme)
    one = commands.add_parser("pictures", help="draw the pages of incidents and of the dashboard")
    one.add_argument("--output", type=Path, default=ROOT / "Packs/SekoiaXDR/doc_files")
    one.add_argument("--html", type=Path, help="write the pages as HTML to this folder instead")
    one.add_argument("--all", action="store_true", help="also the dark and the narrow ones, which do not ship")
    one.set_defaults(act=pictures)
    return parser


def main() -> int:
    """Runs the chosen command; the exit code is its result."""
    options = arguments().parse_args()
    code: int = options.act(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
