"""What is drawn from an alert: its timeline, its STIX objects, the types met so far, the taxonomy of types."""

from collections.abc import Iterable
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.alerts.stix import bundle_of
from lab.sekoia.instants import iso_short
from lab.sekoia.refusals import Unfit

FRAMES = {"24h": (24 * 3600, 3600), "14d": (14 * 86_400, 86_400)}
MOST_FRAMES = 1000
RELATIONS = ("relationship", "sighting")
EMBEDDED = ("_ref", "_refs")
TAXONOMY = {
    "abusive-usage": "bandwidth-download bandwidth-upload p2p high-drop",
    "abusive-content": "spam harmfull-speech violence",
    "malicious-code": "virus worm trojan spyware dialer rootkit malware botnet-drone ransomware "
    "malware-configuration c&c",
    "information-gathering": "scanner sniffing social-engineering portscan sweepscan appscan",
    "intrusion-attempts": "ids-alert brute-force exploit",
    "intrusions": "privileged-account-compromise unprivileged-account-compromise application-compromise bot defacement "
    "compromised backdoor",
    "availability": "dos ddos sabotage outage",
    "information-content-security": "unauthorised-information-access unauthorised-information-modification",
    "fraud": "unauthorized-use-of-resources copyright masquerade phishing",
    "vulnerable": "vulnerable-service",
    "other": "blacklist unknown other",
    "test": "test",
}


def timeline(alert: Alert, kind: str, frame: int | None) -> dict[str, Any]:
    """The occurrences of the last day or fortnight before the last event, counted in frames of so many seconds."""
    if kind not in FRAMES:
        raise Unfit(f"Invalid parameters: type is one of {', '.join(FRAMES)}", ("query", "type"))
    length, step = FRAMES[kind]
    step = step if frame is None else frame
    if step < 1 or length // step > MOST_FRAMES:
        raise Unfit("Invalid parameters: frame-length", ("query", "frame-length"))
    end = _seen(alert.last_seen_at, alert.created_at)
    start, moments = end - length, _occurrences(alert)
    edges = [(start + offset, min(start + offset + step, end)) for offset in range(0, length, step)]
    shown = [{"start": iso_short(a), "end": iso_short(b), "value": _within(moments, a, b, b >= end)} for a, b in edges]
    return {"timeline": shown, "frame": {"start": iso_short(start), "end": iso_short(end)}}


def _seen(at: Any, otherwise: float) -> float:
    return float(at) if isinstance(at, (int, float)) and not isinstance(at, bool) else otherwise


def _occurrences(alert: Alert) -> list[float]:
    """The first one when the alert was first seen, the others when it was last seen."""
    last = _seen(alert.last_seen_at, alert.created_at)
    return [_seen(alert.first_seen_at, last), *[last] * (alert.similar - 1)]


def _within(moments: Iterable[float], start: float, end: float, is_last: bool) -> int:
    return sum(start <= moment < end or (is_last and moment == end) for moment in moments)


def objects(alert: Alert) -> list[dict[str, Any]]:
    """The STIX objects of an alert, each as a row."""
    return [_object(thing) for thing in bundle_of(alert)["objects"] if isinstance(thing, dict)]


def _object(thing: dict[str, Any]) -> dict[str, Any]:
    refs = {key: value for key, value in thing.items() if key.endswith(EMBEDDED)}
    embedded = {key: value if isinstance(value, list) else [value] for key, value in refs.items()}
    return {
        "id": thing.get("id"),
        "type": thing.get("type"),
        "display_name": thing.get("name") or thing.get("type"),
        "pattern": thing.get("pattern"),
        "description": thing.get("description") or "",
        "embedded_relationships": embedded,
    }


def kind_of(row: dict[str, Any]) -> str:
    """Whether a row is an object of STIX (sdo) or a relation between two (sro)."""
    return "sro" if row["type"] in RELATIONS else "sdo"


def observed_types(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """The types of the alerts, each once."""
    pairs = {(alert.alert_type.get("category"), alert.alert_type.get("value")): None for alert in alerts}
    return [{"value": value, "category": category} for category, value in pairs]


def taxonomy() -> list[tuple[str, str]]:
    """Every (category, type) of the catalogue."""
    return [(category, value) for category, values in TAXONOMY.items() for value in values.split()]
