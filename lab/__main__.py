"""`python -m lab demo | console | web | record | replay | serve | fetch | …`: the doors to the lab."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from lab.clock import RealClock
from lab.demo import demo
from lab.elsewhere import record, replay
from lab.examples import readme
from lab.gallery import pictures
from lab.sekoia import scenario
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.stage import INSTANCE, INTEGRATION, ROOT, SOURCE, built_zip, settings
from lab.terminal import console
from lab.web import web
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host


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


DOORS = "demo | console | web | record | replay | serve | fetch | readme | pictures"


def add_rooms(commands: Any) -> None:
    """The consoles, and the recordings that they make or run on."""
    for name, act, place in (("console", console, "terminal"), ("web", web, "browser")):
        one = commands.add_parser(name, help=f"the console in the {place}, on the lab or on the tenant of SEKOIA_URL")
        one.add_argument("--story", default="phishing", choices=scenario.names())
        one.add_argument(
            "--allow-writes", action="store_true", help="on a real tenant: also send what changes something"
        )
        one.add_argument("--record", type=Path, help="on a real tenant: keep its answers, redacted, in this new folder")
        one.add_argument("--replay", type=Path, help="on the recording in this folder")
        one.set_defaults(act=act)
        if name == "web":
            one.add_argument("--port", type=int, default=0, help="on loopback; by default one that is free")
    one = commands.add_parser("record", help="record test, fetch and alerts of the tenant of SEKOIA_URL, or of a story")
    one.add_argument("folder", type=Path)
    one.add_argument("--story", default="phishing", choices=scenario.names())
    one.add_argument("--minutes", type=int, default=3, help="so many runs of fetch, a minute apart")
    one.set_defaults(act=record)
    one = commands.add_parser("replay", help="serve a recording as an API on loopback")
    one.add_argument("folder", type=Path)
    one.add_argument("--port", type=int, default=0)
    one.set_defaults(act=replay)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lab", description="The lab of the Sekoia XDR pack.")
    commands = parser.add_subparsers(required=True, metavar=DOORS)
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
    add_rooms(commands)
    return parser


def main() -> int:
    """Runs the chosen command; the exit code is its result."""
    options = arguments().parse_args()
    code: int = options.act(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
