"""Everything that a stranger can write into a tenant, on everything that a script shows: it stays text.

Judged without the lab's own cleaning: a renderer that lets HTML, images and every link through.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.automation import bodies_of
from lab.xsoar.bundle import Bundle, Script
from tests.page_risks import Page
from tests.stage import Stage

SCRIPTS = sorted(path.name for path in (Path(__file__).parents[2] / "Packs/SekoiaXDR/Scripts").iterdir())
# The mark stands in each, so that what was shown at all can be counted.
PLANTED = (
    "mark <img src=x onerror=alert(1)><script>alert(1)</script> | `x` ![p](http://192.0.2.1/p.png) "
    "[t](javascript:alert(1)) [u](https://evil.example) <https://evil.example/a> {{7*191}} ${incident.name}\n# h\n\n> q"
)
SHORT = "mark <b onclick=a()>|![p](http://192.0.2.1/p) [u](https://evil.example) {{7*191}} ${incident.name}"


def trusting() -> MarkdownIt:
    """A renderer that cleans nothing."""
    made = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def shown(body: Mapping[str, Any]) -> str:
    """An entry as HTML, as it is where it is HTML; '' for one that is shown as plain text."""
    if body.get("ContentsFormat") == "html":
        return str(body["Contents"])
    text = body.get("HumanReadable") or (body["Contents"] if body.get("ContentsFormat") == "markdown" else "")
    return str(trusting().render(str(text or "")))


def active(html: str) -> list[str]:
    """What could run, be fetched, lead a reader away or was worked out."""
    led = re.findall(r'href="[^"]*evil[^"]*"', html)
    return Page(html).risks + led + re.findall("1337", html)


def given(script: Script) -> dict[str, str]:
    """Values for the required arguments of a script."""
    return {one.name: (one.predefined or (SHORT,))[0] for one in script.command.arguments if one.required}


@pytest.fixture(scope="module")
def stage(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A tenant in which every text that somebody outside can choose is hostile, and its alert as incident 1."""
    clock = Clock()
    world = World(clock, seed=7)
    world.statuses.define(label=SHORT, stage="in_progress")
    world.verdicts.define(SHORT, "true_positive", PLANTED)
    asset = world.assets.add(SHORT)
    said: dict[str, Any] = {"details": PLANTED, "rule": SHORT, "entity": SHORT, "source": SHORT, "target": SHORT}
    alert = world.alerts.raise_alert(PLANTED, assets=[asset.uuid], countermeasures=(SHORT,), **said)
    world.alerts.raise_alert(PLANTED, **said)
    world.alerts.comment(alert.uuid, PLANTED, SHORT)
    fields: dict[str, Any] = {"message": PLANTED, "user.name": SHORT, "url.original": PLANTED}
    world.events.attach(alert.short_id, count=3, **fields)
    world.cases.open(SHORT, [alert.uuid], by=SHORT, description=PLANTED, tags=["mark|<b>"])
    world.alerts.edit(alert.uuid, title=PLANTED + " again", by=SHORT)
    world.alerts.set_status(alert.uuid, SHORT, by=SHORT)
    settings = {
        "alerts_status": [],
        "fetch_mode": "Fetch With All Events",
        "fetch_with_assets": True,
        "fetch_with_comments": True,
        "fetch_with_cases": True,
    }
    database = tmp_path_factory.mktemp("host") / "host.sqlite"
    with SekoiaServer(world) as server, Stage(bundle, world, server, clock, database, settings) as opened:
        for _ in range(3):
            opened.minute()
        assert opened.host.incidents.count() == 2
        yield opened


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_shows_what_strangers_write_as_text(stage: Stage, name: str) -> None:
    script = stage.host.automation.script(name)
    bodies = bodies_of(stage.host.automation.run(script, given(script), "1"), {})
    assert [active(shown(body)) for body in bodies] == [[]] * len(bodies)


@pytest.mark.parametrize(
    "name",
    [
        *("SekoiaXDRPrintAssets", "SekoiaXDRPrintCase", "SekoiaXDRPrintComments", "SekoiaXDRShowChoices"),
        *("SekoiaXDRShowCountermeasures", "SekoiaXDRShowEvents", "SekoiaXDRShowHistory"),
        *("SekoiaXDRShowSimilarAlerts", "SekoiaXDRShowSummary", "SekoiaXDRListVerdicts"),
    ],
)
def test_script_shows_what_was_planted_at_all(stage: Stage, name: str) -> None:
    script = stage.host.automation.script(name)
    bodies = bodies_of(stage.host.automation.run(script, given(script), "1"), {})
    assert any("mark" in shown(body) + str(body.get("Contents")) for body in bodies)


@pytest.mark.parametrize("text", [PLANTED, SHORT, "a 1337 b"])
def test_what_is_active_is_found(text: str) -> None:
    """The judge can fail."""
    assert active(shown({"HumanReadable": text}))
    assert active(shown({"ContentsFormat": "html", "Contents": text}))
