"""The examples of the integration's README: command lines that really run, and the page that shows them."""

import argparse
import re
import sys
from collections.abc import Mapping

import yaml

from lab.readme import Example, integration_readme
from lab.sekoia.actors import engine
from lab.sekoia.events.model import Asked
from lab.stage import ROOT, SOURCE, Scene, scene
from lab.xsoar.commandline import parse


def example_ids(stage: Scene, alert_id: str) -> Mapping[str, str]:
    """What the words of command_examples.txt stand for: the story's most urgent alert and what hangs on it."""
    tasks = [task["uuid"] for task in stage.world.alerts.get(alert_id).countermeasures]
    named = dict(zip(("COUNTERMEASURE", "OTHER_COUNTERMEASURE"), tasks, strict=False))
    return {"ALERT": alert_id, **named, **case_ids(stage, alert_id), **search_ids(stage, alert_id)}


def case_ids(stage: Scene, alert_id: str) -> Mapping[str, str]:
    """A case that a colleague opens with the alert, two of its events, and assets of the story."""
    world = stage.world
    alert = world.alerts.get(alert_id)
    events = [event.write() for event in world.events.of_alerts([alert.short_id])[:2]]
    case = world.cases.open("False parcel notices", [alert.uuid], by="Ines Okafor", tags=["phishing"])
    return {
        "CASE": case.short_id,
        "ASSET": world.assets.named("WKS-FIN-022").uuid,
        "MAIL_GATEWAY": world.assets.named("mail.cormorant.example").uuid,
        "OPAQUE_EVENT": events[0]["__event_id"],
        "EVENT": events[0]["event.id"],
    }


def search_ids(stage: Scene, alert_id: str) -> Mapping[str, str]:
    """A finished event search, a finished query, and what a SOL rule kept for the alert."""
    world, now = stage.world, stage.clock.time()
    columns = "event.id, source.ip, url.original"
    query = {"ql_query": f'eternal_events | where alert_short_ids == "{alert_id}" | select {columns}'}
    world.notebooks.keep(alert_id, [{"user.name": "p.achterberg", "failures": 41}])
    search = world.searches.open(Asked(f"alert_short_ids:{alert_id}", now - 86_400, now), engine(world.ids))
    run = world.notebooks.start({"query_definition": query}, engine(world.ids))
    stage.clock.sleep(10)
    return {"SEARCH": search.uuid, "QUERY_RUN": run.uuid}


def run_examples(stage: Scene) -> Mapping[str, list[Example]]:
    """Runs command_examples.txt, polls to the end, and puts the story's ids in the places of the words in capitals."""
    for _ in range(5):
        stage.minute()
    incidents = stage.host.incidents.all()
    chosen = max(incidents, key=lambda one: one.fields["SekoiaXDR Urgency"] or 0)
    ids = example_ids(stage, str(chosen.dbot_mirror_id))
    examples: dict[str, list[Example]] = {}
    for raw in (SOURCE / "command_examples.txt").read_text("utf-8").splitlines():
        line = re.sub(r"\b[A-Z_]{4,}\b", lambda word: ids.get(word[0], word[0]), raw)
        outcome = stage.host.follow(stage.host.run(line, stage.instance))
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
