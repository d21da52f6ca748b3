"""The examples of the integration's README: command lines that really run, and the page that shows them."""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping

import yaml

from lab.readme import Example, integration_readme
from lab.sekoia.actors import engine
from lab.sekoia.events.model import Asked
from lab.sekoia.world import World
from lab.stage import ROOT, SOURCE, Scene, scene
from lab.xsoar.commandline import parse


def example_ids(stage: Scene, alert_id: str) -> Mapping[str, str]:
    """What the words of command_examples.txt stand for: the story's most urgent alert and what hangs on it."""
    alert = stage.world.alerts.get(alert_id)
    stage.world.alerts.raise_alert(
        alert.title, rule=alert.rule["name"], entity=alert.entity, source=alert.source, target=alert.target
    )  # so that one alert is similar to it
    tasks = [task["uuid"] for task in alert.countermeasures]
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


def tenant_ids(world: World) -> Mapping[str, str]:
    """Parts of the tenant, the first of each kind; what the examples make themselves once it is there."""
    rule, collection, person = world.rules.all()[0], world.iocs.all()[0], world.avatars.all()[0]
    found = {
        "RULE": rule.uuid,
        "COLLECTION": collection.id,
        "ENTITY": world.entities.all()[0].uuid,
        "AVATAR": person.uuid,
        "USER": person.user_uuid,
    }
    made = {
        "FILTER": [one.uuid for one in rule.filters],
        "INDICATOR": [one.id for one in collection.indicators],
        "DUPLICATE": [one.uuid for one in world.assets.all() if one.name == "WKS-FIN-023"],
    }
    return found | {word: ids[0] for word, ids in made.items() if ids}


def spelled_out(line: str, ids: Mapping[str, str]) -> str:
    """The line with ids in the places of the words that stand for them."""
    return re.sub(r"\b[A-Z_]{4,}\b", lambda word: ids.get(word[0], word[0]), line)


def example_lines(stage: Scene) -> Iterator[str]:
    """The lines of command_examples.txt with the story's ids in the places of the words in capitals.

    Run each line before the next is asked for: a later one names what an earlier one made.
    """
    for _ in range(5):
        stage.minute()
    incidents = stage.host.incidents.all()
    chosen = max(incidents, key=lambda one: one.fields["SekoiaXDR Urgency"] or 0)
    ids = example_ids(stage, str(chosen.dbot_mirror_id))
    for raw in (SOURCE / "command_examples.txt").read_text("utf-8").splitlines():
        yield spelled_out(raw, {**ids, **tenant_ids(stage.world)})


def run_examples(stage: Scene) -> Mapping[str, list[Example]]:
    """Runs command_examples.txt and polls to the end."""
    examples: dict[str, list[Example]] = {}
    for line in example_lines(stage):
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
