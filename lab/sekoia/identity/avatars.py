"""The people of a community: each user has an avatar there, and it is the avatar that alerts and cases are given to."""

from dataclasses import dataclass

from lab.sekoia.ids import Ids

STATUSES = ("enabled", "disabled")


@dataclass(frozen=True)
class Avatar:
    """A user's profile in one community; `email` is None where the platform hides it."""

    uuid: str
    user_uuid: str
    community: str
    name: str
    firstname: str
    lastname: str
    email: str | None
    status: str = "enabled"
    confirmed: bool = True


class AvatarBook:
    """The profiles of the workspace, in the order in which they joined."""

    def __init__(self, ids: Ids, community: str) -> None:
        self._ids = ids
        self.community = community
        self._by_uuid: dict[str, Avatar] = {}

    def join(self, name: str, email: str | None = None, status: str = "enabled", confirmed: bool = True) -> Avatar:
        """A new profile; two people may have one name, not one e-mail. An unknown status or a used e-mail raises."""
        if status not in STATUSES:
            raise ValueError(f"an avatar's status is one of {STATUSES}, not {status!r}")
        if email is not None and any(avatar.email == email for avatar in self._by_uuid.values()):
            raise ValueError(f"somebody has the e-mail {email!r} already")
        who = name if self._ids.of("avatar", name) not in self._by_uuid else f"{name} {len(self._by_uuid)}"
        uuid, user = self._ids.of("avatar", who), self._ids.of("user", who)
        first, _, last = name.partition(" ")
        avatar = Avatar(uuid, user, self.community, name, first, last, email, status, confirmed)
        self._by_uuid[uuid] = avatar
        return avatar

    def all(self) -> list[Avatar]:
        """Everybody."""
        return list(self._by_uuid.values())

    def get(self, uuid: str) -> Avatar | None:
        """The profile with that uuid."""
        return self._by_uuid.get(uuid)
