"""Every identifier of the tenant, from one seed: the same story has the same ids on every machine."""

import hashlib
import random
import string
import uuid

BASE62 = string.ascii_letters + string.digits


class Ids:
    """Makes ids in sequence (`uuid`, `short_id`, `token`) or from a name (`of`, whatever the order of calls)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._rng = random.Random(f"{seed}:ids")
        self._named: dict[tuple[str, str], str] = {}

    def uuid(self) -> str:
        """The next version 4 uuid, as text."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def short_id(self, prefix: str) -> str:
        """The prefix and ten base62 characters, as in `ALx7Qp2mZk9T`."""
        return prefix + "".join(self._rng.choices(BASE62, k=10))

    def token(self, length: int) -> str:
        """A secret-looking text of that many characters."""
        return "".join(self._rng.choices(BASE62, k=length))

    def of(self, kind: str, name: str) -> str:
        """The uuid of the thing of that kind and name in this world."""
        found = self._named.get((kind, name))
        if found is None:
            found = self._named[kind, name] = self._derived(kind, name)
        return found

    def _derived(self, kind: str, name: str) -> str:
        digest = hashlib.sha256(f"{self.seed}:{kind}:{name}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def stream(self, purpose: str) -> random.Random:
        """A generator of its own for one purpose, so that one knob does not move the ids of another."""
        return random.Random(f"{self.seed}:{purpose}")
