"""Permissions and API keys: the table of rights and the ring of keys that were handed out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.clock import TimeSource
from lab.sekoia.actors import Actor
from lab.sekoia.ids import Ids

COMMUNITY_NAME = "Cormorant"
TOKEN_CODE = {"expired": "T301", "revoked": "T302"}
STATES = ("active", *TOKEN_CODE)


@dataclass(frozen=True)
class Permission:
    """One right, by its id, its title on the settings page and its technical name."""

    uuid: str
    title: str
    name: str
    feature: str


PERMISSIONS = tuple(
    Permission(*row)
    for row in (
        ("9ea2b8a3-593f-4bab-92f5-d0af9b563f6f", "View alerts", "SIC_READ_ALERTS", "alerts"),
        ("0e329f9c-173f-4fa0-bbbc-fcfc4bdf7559", "Manage alerts", "SIC_WRITE_ALERTS", "alerts"),
        ("9f3df1b1-4db7-44bd-b615-af5873ad7f8a", "Update alert status", "SIC_WRITE_ALERTS_WORKFLOW", "alerts"),
        ("341436f9-1c33-4cf7-bec3-a6955133ea04", "Comment on alerts", "SIC_WRITE_ALERTS_COMMENT", "alerts"),
        ("b1642ef8-4bc0-40b4-9ddf-7bd368659941", "View alert statistics", "SIC_READ_ALERT_STATS", "alerts"),
        ("7c0bac3f-f2ce-491b-b663-638145078516", "View cases", "SIC_READ_INCIDENTS", "cases"),
        ("e56fb404-268b-47d2-abad-d68d86ddf7bd", "Manage cases", "SIC_WRITE_INCIDENTS", "cases"),
        ("a3e84947-4127-41fe-9352-faa8c69737a9", "Comment on cases", "SIC_WRITE_INCIDENTS_COMMENTS", "cases"),
        ("2f0da527-2cf1-4a00-8f4c-033bfb43ddeb", "View intakes", "SIC_READ_INTAKES", "intakes"),
        ("1cbb91c7-e380-4d9a-98d1-6c850fda8e98", "View events", "SIC_READ_EVENTS", "events"),
        ("0d9c0f86-fbcb-4db8-8842-f7451e4705b2", "View entities", "SIC_READ_ENTITIES", "entities"),
        ("c4311344-c981-4ec4-b8e5-f8ee6aeb458d", "View Rules Catalog", "SIC_READ_CONF", "rules"),
        ("7ba8fc25-7ef5-4b8e-aed8-4dac12add416", "View custom fields", "SIC_READ_CUSTOM_FIELDS", "custom fields"),
        ("4b0f38a9-a890-4f9b-ae7a-e5025162ff33", "View asset", "ASSETMANAGEMENT_VIEW_ASSET", "assets"),
        ("3f0a8c52-6d17-4be9-9c40-71d2e5a86b13", "Create asset", "ASSETMANAGEMENT_CREATE_ASSET", "assets"),
        ("b84c1e07-9f52-4d3a-8a61-0c7d94e2f358", "Update asset", "ASSETMANAGEMENT_UPDATE_ASSET", "assets"),
        ("d146917d-2623-436b-8fcd-5467510cfeca", "Massive export of events", "SIC_MASSIVE_EXPORT_EVENTS", "events"),
        ("74bc185a-eb82-4eac-a638-ebae41425fa0", "Event statistics", "SIC_READ_EVENT_STATS", "events"),
        ("50aa37c2-b108-458d-a52c-fb3204c9a592", "View notebook queries", "NOTEBOOKS_READ_QUERIES", "notebooks"),
        ("180d5c46-61b6-46af-af9e-d9d84c871e18", "Manage rules and alert filters", "SIC_WRITE_CONF", "rules"),
        ("f25ba7f4-a9e6-4fc7-9cd8-23dce9d95575", "View IOC collections", "INTHREAT_READ_IOC_COLLECTIONS", "iocs"),
        ("fd269946-8106-452c-abe2-8b8b88b883c3", "Manage IOC collections", "INTHREAT_WRITE_IOC_COLLECTIONS", "iocs"),
    )
)
BY_TITLE = {permission.title: permission for permission in PERMISSIONS}
BITMASK = {permission.title: number for number, permission in enumerate(PERMISSIONS, start=11)}


@dataclass
class ApiKey:
    """A key: its text is a secret, its name is what the journal shows."""

    text: str = field(repr=False)
    name: str
    uuid: str
    jti: str
    state: str
    permissions: frozenset[str]
    issued_at: float

    @property
    def identity(self) -> str:
        """`apikey:<uuid>`, the author of what the key writes."""
        return f"apikey:{self.uuid}"

    @property
    def actor(self) -> Actor:
        """The key as the one who did something."""
        return Actor(self.uuid, "apikey", self.identity)


class KeyRing:
    """All keys of the workspace; a name is used once."""

    def __init__(self, ids: Ids, clock: TimeSource) -> None:
        self._ids = ids
        self._clock = clock
        self._by_text: dict[str, ApiKey] = {}

    def issue(self, name: str = "soar", permissions: Iterable[str] | None = None, state: str = "active") -> str:
        """A new key's text. Permissions are titles, None means all; an unknown title or state raises."""
        if any(key.name == name for key in self._by_text.values()):
            raise ValueError(f"a key named {name!r} was already issued")
        titles = frozenset(BY_TITLE if permissions is None else permissions)
        self._check(titles, state)
        text = "eyJ0" + self._ids.token(72)
        key = ApiKey(text, name, self._ids.of("key", name), self._ids.uuid(), state, titles, self._clock.time())
        self._by_text[text] = key
        return text

    def find(self, text: str) -> ApiKey | None:
        """The key with that text, whatever its state."""
        return self._by_text.get(text)

    def named(self, name: str) -> ApiKey:
        """The key with that name; KeyError names it."""
        for key in self._by_text.values():
            if key.name == name:
                return key
        raise KeyError(f"no key named {name!r}")

    def change(self, name: str, state: str | None = None, permissions: Iterable[str] | None = None) -> None:
        """Expire, revoke or revive a key, or change its rights, as an administrator does."""
        key = self.named(name)
        titles = key.permissions if permissions is None else frozenset(permissions)
        self._check(titles, state or key.state)
        key.permissions = titles
        key.state = state or key.state

    @staticmethod
    def _check(titles: frozenset[str], state: str) -> None:
        unknown = sorted(titles - BY_TITLE.keys())
        if unknown:
            raise ValueError(f"no permission is titled {unknown}; there are {sorted(BY_TITLE)}")
        if state not in STATES:
            raise ValueError(f"a key's state is one of {STATES}, not {state!r}")
