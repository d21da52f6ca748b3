"""The kinds of alert whose mapping is kept: what the lab is told of each, in the words of `raise_alert`."""

from typing import Any

from lab.sekoia.alerts.birth import OVERRIDABLE
from lab.sekoia.world import World

CORRELATION = """\
name: spraying
detection:
  selection:
    event.category: authentication
    event.outcome: failure
action: correlation
type: value_count
group-by: [source.ip]
timespan: 10m
condition: {gte: 20}"""

# 10 000 characters of everything that ends a cell, a code span or a line.
LONG = ("|`<b>x</b>`|\\| ![p](//a.example) \u202e😀\r\n" * 300)[:10_000]

# Wire values of detection_type and rule.type beyond `rule`, `anomaly`, `manual` and `sigma` are not public.
KINDS: dict[str, dict[str, Any]] = {
    "sigma_rule": {
        "title": "Encoded PowerShell command on a server",
        "rule": "PowerShell with an encoded command",
        "description": "PowerShell was started with a base64 argument by a service account.",
        "urgency": 62,
        "severity": 70,
        "criticity": 54,
        "alert_type": ("malicious-code", "malware"),
        "source": "192.0.2.10",
        "target": "srv-files-01.example",
        "entity": "Head office",
        "details": "Decode the argument, then look at the **parent process** on `srv-files-01`.",
        "ttps": ["T1059.001 PowerShell", "T1027 Obfuscated Files or Information"],
        "adversaries": ["Paper Crane"],
        "kill_chain": "Exploitation",
        "assets": ["srv-files-01", "svc-backup"],
        "status": "Acknowledged",
        "assignee": "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97",
        "similar": 7,
    },
    "correlation": {
        "title": "Password spraying from one address",
        "rule": "Many failed logons, then one success",
        "rule_type": "correlation",
        "pattern": CORRELATION,
        "urgency": 41,
        "alert_type": ("intrusion-attempts", "brute-force"),
        "source": "203.0.113.9",
        "target": "198.51.100.20",
        "ttps": [
            {
                "id": "attack-pattern--b1b58ba6-668c-4cd8-a868-774b82af4105",
                "type": "attack-pattern",
                "name": "Brute Force: Password Spraying (T1110.003)",
                "description": "One password, many accounts.",
            }
        ],
        "kill_chain": "Delivery",
        "similar": 214,
    },
    "cti": {
        "title": "Contact with a command and control server of Gilded Heron",
        "rule": "SEKOIA Intelligence Feed",
        "rule_type": "cti",
        "pattern": "[domain-name:value = 'updates.heron.example']",
        "urgency": 88,
        "severity": 90,
        "alert_type": ("malicious-code", "c&c"),
        "source": "2001:db8::10",
        "target": "updates.heron.example",
        "ttps": ["T1071.001 Web Protocols"],
        "adversaries": ["Gilded Heron", {"id": "malware--1", "type": "malware", "name": "HeronRAT"}],
        "kill_chain": "Command and Control",
    },
    "retrohunt": {
        "title": "Retrohunt: domain of a phishing kit was visited 12 days ago",
        "rule": "SEKOIA Intelligence Feed",
        "rule_type": "cti",
        "pattern": "[domain-name:value = 'parcel-desk.example']",
        "detection_type": "retrohunt",
        "urgency": 35,
        "alert_type": ("fraud", "phishing"),
        "source": "wks-fin-022.example",
        "target": "parcel-desk.example",
        "first_seen_at": 1_771_322_400.0,
        "last_seen_at": 1_771_322_460.25,
    },
    "anomaly": {
        "title": "Unusual volume of outgoing data",
        "rule": "Outgoing bytes by host",
        "rule_type": None,
        "pattern": "anomaly detection on destination.bytes",
        "detection_type": "anomaly",
        "urgency": 19,
        "alert_type": ("information-content-security", "exfiltration"),
        "source": "192.0.2.77",
        "last_seen_at": None,
        "intake_uuids": [],
    },
    "sol": {
        "title": "SOL: accounts that were never used before today",
        "rule": "First use of an account",
        "rule_type": "sol",
        "pattern": "events | where event.category == 'authentication' | aggregate count() by user.name",
        "detection_type": "sol",
        "urgency": 50,
        "entity": None,
        "alert_type": ("intrusions", "unprivileged-account-compromise"),
        "intake_uuids": [],
    },
    "manual": {
        "title": "Reported by phone: unknown device in the meeting room",
        "rule": "Manual alert",
        "rule_type": None,
        "pattern": "",
        "detection_type": "manual",
        "description": "The caller saw a small box behind the screen.",
        "details": "1. Take a picture\n2. Unplug it\n3. Bring it to the lab",
        "urgency": 80,
        "alert_type": ("other", "system-compromise"),
        "source": "Treasury desk, third floor",
        "target": "i.okafor@cormorant.example",
        "status": "Waiting for customer",
        "custom_fields": [{"uuid": "6429dd7b-c07f-4e56-a6dc-8fe05d13f5a4", "name": "Impacted users", "value": 3}],
    },
    "closed_with_verdict": {
        "title": "Port scan by the vulnerability scanner",
        "urgency": 5,
        "alert_type": ("information-gathering", "scanner"),
        "source": "198.51.100.5",
        "target": "192.0.2.0/24",
        "status": "Closed",
        "verdict": "False positive",
        "extra": {"time_to_acknowledge": 40, "time_to_respond": 95, "time_to_resolve": 300},
    },
    "hostile_text": {
        "title": "<img src=x onerror=alert(1)> | `cmd` ![x](http://track.example/a.png) \u202egpj.exe",
        "description": "<script>fetch('http://203.0.113.66/')</script>",
        "details": "[click](javascript:alert(1)) <iframe src=//evil.example></iframe> ![p](//track.example/p.gif)",
        "rule": "=cmd|' /C calc'!A0",
        "source": "127.0.0.1'; DROP TABLE incidents;--",
        "target": "a" * 300 + ".example",
        "entity": {"uuid": "e-1", "name": "<b>Head</b> office"},
        "urgency": {"current_value": 55, "display": "<i>Major</i>"},
        "adversaries": ["{{7*7}}", "${incident.name}"],
        "extra": {"status": {"uuid": "?", "name": "<u>Odd</u>"}, "custom_status": None, "custom_status_uuid": None},
    },
    "only_ids": {"drop": sorted(OVERRIDABLE - {"uuid", "short_id"})},
    "long_text": {
        "title": LONG,
        "description": LONG,
        "details": LONG,
        "rule": LONG,
        "source": LONG,
        "target": LONG,
        "entity": LONG[:200],
        "urgency": 55,
    },
    "other_scripts": {
        "title": "تسجيل دخول مشبوه \u202e🧑‍💻🔥 ログイン \u2067abc\u2069 e\u0301\u200bx",
        "description": "שלום | עולם",
        "details": "**حادثة** ➡️ `تحقق` من المضيف\n\n> 🇫🇷 été – naïve",
        "rule": "Правило №1 🛡️",
        "source": "пользователь@пример.рф",
        "target": "xn--e1afmkfd.example",
        "entity": "東京支社",
        "urgency": 55,
        "ttps": ["T1110 Brute Force"],
    },
}


def prepare(world: World) -> None:
    """The assets and the status of the tenant's own that the alerts name."""
    world.statuses.define("Waiting for customer", "in_progress", "A question was sent")
    world.assets.add("srv-files-01", criticality=54, category="server", description="File server", tags=["finance"])
    world.assets.add("svc-backup", "account", criticality=70, revoked=True)


def said_of(kind: str, world: World) -> dict[str, Any]:
    """What `raise_alert` is told for a kind, with the uuids of the assets it names."""
    said = dict(KINDS[kind])
    if "assets" in said:
        said["assets"] = [world.assets.named(name).uuid for name in said["assets"]]
    return said
