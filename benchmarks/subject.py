"""One measured process: `python -m benchmarks.subject TASK` with a JSON task; prints one JSON line.

The API runs in another process, so the peak memory is that of the host and the built pack alone.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from lab.clock import RealClock
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from lab.xsoar.incidents import Incident

INTEGRATION, INSTANCE = "Sekoia XDR", "bench"
FAST = "100"  # requests per second: the pace must not hide what is measured


def settings(task: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the instance that a task asks for."""
    key = {"identifier": "", "password": task["key"]}
    return {"url": task["url"], "credentials": key, "requests_per_second": FAST, **task.get("params", {})}


def by_pack(task: dict[str, Any]) -> int:
    """Fetch runs of the built pack until nothing new comes; returns the incidents.

    The database is a file, since the platform's is no part of the process that fetches either.
    """
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Bundle.load(Path(task["zip"])), Path(folder) / "host.sqlite", RealClock())
        instance = host.add_instance(INTEGRATION, INSTANCE, settings(task))
        host.hooks.before_platform_call = note_handover
        while True:
            outcome = host.fetch(instance)
            if outcome.error:
                raise RuntimeError(outcome.error)
            if not outcome.created:
                return host.incidents.count()
            check_whole(task, outcome.created)


def check_whole(task: dict[str, Any], created: list[Incident]) -> None:
    """A run that left out what was asked for would be cheap; such a measurement is refused."""
    wants = "fetch_mode" in task["params"]
    bare = sum(1 for incident in created if wants and '"events": []' in incident.raw_json)
    if bare or len(created) != task.get("run", len(created)):
        raise RuntimeError(f"{len(created)} alerts in one run, {bare} of them without events: nothing was measured")


HANDOVER = {"peak_mib": 0.0}


def note_handover(call: str) -> None:
    """Notes the peak when a fetch hands its incidents over: what comes after is the host's."""
    if call == "incidents":
        HANDOVER["peak_mib"] = HANDOVER["peak_mib"] or peak_mib()


def by_object(task: dict[str, Any]) -> int:
    """The same work with one call per object: an alert, each of its assets, its kill chain, its event search."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {task['key']}"
    session.trust_env = False
    api = f"{task['url']}/v1"
    wanted = task.get("params", {})
    page = {"limit": "100", "sort": "created_at", "direction": "asc"}
    found, offset = [], 0
    while items := session.get(f"{api}/sic/alerts", params={**page, "offset": str(offset)}).json()["items"]:
        found += items
        offset += len(items)
    for alert in found:
        session.get(f"{api}/sic/alerts/{alert['uuid']}").json()
        if wanted.get("fetch_with_assets"):
            for asset in alert["assets"]:
                session.get(f"{task['url']}/v2/asset-management/assets/{asset}").json()
        if wanted.get("fetch_with_kill_chain") and alert["kill_chain_short_id"]:
            session.get(f"{api}/sic/kill-chains/{alert['kill_chain_short_id']}").json()
        if wanted.get("fetch_mode"):
            search_events(session, api, alert["short_id"])
    return len(found)


def search_events(session: requests.Session, api: str, short_id: str) -> None:
    """One event search for one alert, looked at five times a second until it is done."""
    jobs = f"{api}/sic/conf/events/search/jobs"
    body = {"term": f"alert_short_ids:{short_id}", "earliest_time": "-30d", "latest_time": "now", "visible": False}
    job = session.post(jobs, json=body).json()["uuid"]
    while session.get(f"{jobs}/{job}").json()["status"] in (0, 1):
        time.sleep(0.2)
    session.get(f"{jobs}/{job}/events").json()


def peak_mib() -> float:
    """The most memory this process ever held, in MiB; the kernel's own mark, which begins anew with each program."""
    marks = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return int(marks["VmHWM"].split()[0]) / 1024


def main() -> None:
    """Runs the task and prints what it took."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    start = time.monotonic()
    done = by_pack(task) if task["how"] == "pack" else by_object(task)
    seconds = time.monotonic() - start
    sys.stdout.write(
        json.dumps({"done": done, "seconds": seconds, "peak_mib": peak_mib(), "handover_mib": HANDOVER["peak_mib"]})
        + "\n"
    )


if __name__ == "__main__":
    main()
