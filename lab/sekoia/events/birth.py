"""The fields of an event: flat, dotted, of mixed types, made from the seed and from the alert it belongs to."""

import json
import random
import re
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.sekoia.assets.model import Asset, AssetStore
from lab.sekoia.identity.model import COMMUNITY_NAME
from lab.sekoia.ids import Ids
from lab.sekoia.instants import iso_millisecond, iso_offset

ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
PLAIN = frozenset(("message", "timestamp", "__event_id", "tags", "host_name"))
PADDING = "lorem ipsum dolor sit amet "


@dataclass(frozen=True)
class Scene:
    """Who and what an event is about."""

    host: str = "srv-files-01"
    user: str = "j.sample"
    source: str = "192.0.2.10"
    target: str = "198.51.100.10"
    sender: str = "notice@parcel-desk.example"
    recipient: str = "j.sample@cormorant.example"
    entity: Mapping[str, Any] | None = None
    intake: str | None = None
    assets: tuple[Asset, ...] = ()


def scene_of(alert: Alert | None, assets: AssetStore) -> Scene:
    """The scene of an alert: its hosts, accounts and addresses where it names any."""
    if alert is None:
        return Scene()
    known = [asset for asset in map(assets.get, alert.assets) if asset is not None]
    source, target = (end if isinstance(end, str) else "" for end in (alert.source, alert.target))
    intakes = alert.facts["intake_uuids"]
    said: dict[str, Any] = {
        "host": next((asset.name for asset in known if asset.type == "host"), None),
        "user": next((asset.name for asset in known if asset.type == "account"), None),
        "source": source if ADDRESS.fullmatch(source) else None,
        "target": target if ADDRESS.fullmatch(target) else None,
        "sender": source if "@" in source else None,
        "recipient": target if "@" in target else None,
        "entity": alert.entity if isinstance(alert.entity, Mapping) else None,
        "intake": intakes[0] if intakes else None,
        "assets": tuple(known),
    }
    return Scene(**{name: value for name, value in said.items() if value is not None})


Kind = Callable[[Scene, random.Random], dict[str, Any]]


def _authentication(scene: Scene, rng: random.Random) -> dict[str, Any]:
    is_success = rng.random() < 0.3
    return {
        "event.category": "authentication",
        "event.action": "logon",
        "event.outcome": "success" if is_success else "failure",
        "event.code": "4624" if is_success else "4625",
        "source.port": rng.randint(1024, 65_535),
        "process.pid": rng.randint(300, 9_000),
        "action.properties.LogonType": rng.choice([3, 10]),
    }


def _process(scene: Scene, rng: random.Random) -> dict[str, Any]:
    name = rng.choice(["rundll32.exe", "net.exe", "vssadmin.exe", "powershell.exe"])
    return {
        "event.category": ["process"],
        "event.action": "process created",
        "event.code": 1,
        "process.name": name,
        "process.pid": rng.randint(300, 9_000),
        "process.command_line": f'"C:\\Windows\\System32\\{name}" /quiet | out-null',
        "process.parent.name": "cmd.exe",
        "process.hash.sha256": f"{rng.getrandbits(256):064x}",
    }


def _network(scene: Scene, rng: random.Random) -> dict[str, Any]:
    return {
        "event.category": ["network", "web"],
        "event.action": "connection",
        "event.duration": rng.randint(10, 90_000),
        "destination.port": rng.choice([80, 443, 445]),
        "network.bytes": rng.randint(200, 5_000_000),
        "url.domain": "parcel-desk.example",
        "url.original": "https://parcel-desk.example/track/login?id=1%2C2",
    }


def _email(scene: Scene, rng: random.Random) -> dict[str, Any]:
    return {
        "event.category": "email",
        "event.action": "delivered",
        "email.from.address": scene.sender,
        "email.to.address": [scene.recipient, f"user-{rng.randint(1, 99)}@cormorant.example"],
        "email.subject": "Parcel held at customs",
        "email.attachments": [{"file": {"name": "notice.pdf", "size": rng.randint(900, 90_000)}}],
    }


def _file(scene: Scene, rng: random.Random) -> dict[str, Any]:
    name = f"order-{rng.randint(1000, 9999)}.xlsx"
    return {
        "event.category": "file",
        "event.action": "rename",
        "file.name": f"{name}.ashen",
        "file.path": f"D:\\orders\\{name}.ashen",
        "file.size": rng.randint(2_000, 900_000),
        "file.directory": None,
        "host.is_server": True,
    }


KINDS: dict[str, Kind] = {
    "authentication": _authentication,
    "process": _process,
    "network": _network,
    "email": _email,
    "file": _file,
}


class Writer:
    """Writes events of one community; the same number is always written the same."""

    def __init__(self, ids: Ids, community: str) -> None:
        self._ids = ids
        self._community = community
        self.intake_key = "".join(ids.stream("intake key").choices("abcdefghijkmnpqrstuvwxyz23456789", k=32))

    def received_at(self, serial: int, at: float) -> float:
        """When the platform received the event: within a second."""
        return at + self._rng(serial, "received").uniform(0.05, 0.9)

    def fraction(self, serial: int) -> float:
        """What an event's time has beyond the second."""
        return self._rng(serial, "fraction").random()

    def _rng(self, serial: int, purpose: str) -> random.Random:
        return self._ids.stream(f"event {serial} {purpose}")

    def write(
        self,
        scene: Scene,
        serial: int,
        number: int,
        at: float,
        kind: str,
        fields: Mapping[str, Any],
        drop: Iterable[str],
        message_size: int,
        collisions: bool,
    ) -> dict[str, Any]:
        """The event's fields. `{n}` in a text of `fields` is its number within the batch, from 1."""
        rng = self._rng(serial, "fields")
        written = self._marks(rng, serial, at)
        written |= KINDS[kind](scene, rng) | _people(scene) | self._platform(scene) | _assets(scene)
        if collisions:
            written |= _collisions(written)
        written["message"] = _message(written, message_size)
        written |= {name: _numbered(value, number) for name, value in fields.items()}
        return {name: value for name, value in written.items() if name not in drop}

    def _marks(self, rng: random.Random, serial: int, at: float) -> dict[str, Any]:
        opaque = urlsafe_b64encode(f"event-{serial:08d}-".encode() + rng.randbytes(12)).decode().rstrip("=")
        return {
            "__event_id": opaque,
            "timestamp": iso_millisecond(at),
            "event.id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "event.created": iso_offset(self.received_at(serial, at)),
            "event.dialect": "lab dialect",
            "event.dialect_uuid": self._ids.of("dialect", "lab"),
        }

    def _platform(self, scene: Scene) -> dict[str, Any]:
        intake = scene.intake or self._ids.of("intake", "default")
        dialect = {
            "dialect": "lab dialect",
            "dialect_uuid": self._ids.of("dialect", "lab"),
            "parsing_status": "success",
        }
        of_intake = {"uuid": intake, "name": "Lab intake", "key": self.intake_key, **dialect}
        customer = {"community_name": COMMUNITY_NAME, "community_uuid": self._community, "id": COMMUNITY_NAME}
        of_customer = {**customer, "intake_key": self.intake_key, "intake_uuid": intake, "intake_name": "Lab intake"}
        written = _under("sekoiaio.intake", of_intake) | _under("sekoiaio.customer", customer)
        written |= _under("customer", of_customer)
        if scene.entity is not None:
            entity = {**scene.entity, "id": str(scene.entity.get("name", "")).lower().replace(" ", "-")}
            written |= _under("sekoiaio.entity", entity) | _under("entity", entity)
        return written


def _under(prefix: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in fields.items()}


def _people(scene: Scene) -> dict[str, Any]:
    return {
        "source.ip": scene.source,
        "destination.ip": scene.target,
        "host.name": scene.host,
        "user.name": scene.user,
        "related.ip": f"{scene.source}, {scene.target}",
        "related.user": scene.user,
        "sekoiaio.any_tag": "rfc5737, doc",
        "sekoiaio.tags.related.ip": ["rfc5737"],
    }


def _assets(scene: Scene) -> dict[str, Any]:
    """The platform writes one list for each field that an asset was found in: lists of lists."""
    if not scene.assets:
        return {}
    return {
        "sekoiaio.assets.host.name.uuid": [asset.uuid for asset in scene.assets if asset.type == "host"],
        "sekoiaio.any_asset.uuid": [[asset.uuid] for asset in scene.assets],
        "sekoiaio.any_asset.name": [[asset.name] for asset in scene.assets],
        "sekoiaio.any_asset.criticality_value": [[asset.criticality] for asset in scene.assets],
        "sekoiaio.matches": [{"paths": ["host.name"], "asset": {"uuid": asset.uuid}} for asset in scene.assets],
    }


def _collisions(written: Mapping[str, Any]) -> dict[str, Any]:
    """Other spellings of fields that become one name as soon as dots are replaced or opened up."""
    return {
        "host_name": f"{written['host.name']}-other",
        "host.name.text": "both a value and a parent",
        "source_ip": "203.0.113.250",
        "event_id": "4711",
        "Event.Id": "0815",
    }


def _message(written: Mapping[str, Any], size: int) -> str:
    raw = {name: written[name] for name in ("timestamp", "event.action", "host.name", "user.name", "source.ip")}
    text = json.dumps(raw)
    if len(text) >= size:
        return text
    missing = size - len(text) - len(', "data": ""')
    return json.dumps({**raw, "data": (PADDING * (max(missing, 0) // len(PADDING) + 1))[: max(missing, 0)]})


def _numbered(value: Any, number: int) -> Any:
    return value.replace("{n}", str(number + 1)) if isinstance(value, str) else value
