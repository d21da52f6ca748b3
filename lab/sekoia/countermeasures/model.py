"""The rules of countermeasures: one is activated or denied once, and comments are added to it."""

from typing import Any

from lab.sekoia.actors import Actor
from lab.sekoia.alerts.model import MAX_AUTHOR, Alert
from lab.sekoia.alerts.store import AlertStore
from lab.sekoia.ids import Ids
from lab.sekoia.instants import iso_z
from lab.sekoia.refusals import Clash, Missing, Unfit

Countermeasure = dict[str, Any]
DECISIONS = {"activate": "activated", "deny": "denied"}


def find_countermeasure(store: AlertStore, uuid: str) -> tuple[Alert, Countermeasure]:
    """The countermeasure with that uuid and its alert, among the alerts that the API shows."""
    for alert in store.between(None, None):
        for one in alert.countermeasures:
            if one["uuid"] == uuid:
                return alert, one
    raise Missing("Unknown countermeasure")


def decide(ids: Ids, alert: Alert, one: Countermeasure, act: str, by: Actor, at: float, said: dict[str, Any]) -> None:
    """Activate or deny; Clash when that was decided before."""
    decision = DECISIONS[act]
    before = next((done for done in DECISIONS.values() if one[f"{done}_at"]), None)
    if before:
        raise Clash(f"Countermeasure already {before}")
    comment_on(ids, one, said["content"], said.get("author"), by, at)
    one.update(
        {"status": decision, f"{decision}_at": iso_z(at), f"{decision}_by": by.uuid, f"{decision}_by_type": by.kind}
    )
    alert.remember(ids, at, by, "countermeasure", countermeasure={"uuid": one["uuid"], "status": decision})
    alert.touch(at, by)


def comment_on(ids: Ids, one: Countermeasure, content: str, author: str | None, by: Actor, at: float) -> dict[str, Any]:
    """Add a comment; the author is free text of 32 characters at most and defaults to the actor's identity."""
    if author is not None and len(author) > MAX_AUTHOR:
        raise Unfit(f"author is longer than {MAX_AUTHOR} characters", ("body", "author"))
    comment = {"uuid": ids.uuid(), "content": content, "author": author or by.name, "date": int(at)}
    comment |= {"created_by": by.uuid, "created_by_type": by.kind}
    one["comments"].append(comment)
    return comment
