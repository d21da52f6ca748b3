"""Who did something: the detection engine, an analyst, or an API key."""

from dataclasses import dataclass

from lab.sekoia.ids import Ids


@dataclass(frozen=True)
class Actor:
    """`kind` is the API's `created_by_type`: application, avatar, user or apikey. `name` is the author of a comment."""

    uuid: str
    kind: str
    name: str


def engine(ids: Ids) -> Actor:
    """The platform itself, which raises alerts."""
    return Actor(ids.of("application", "engine"), "application", "application")


def analyst(ids: Ids, name: str) -> Actor:
    """A colleague working in Sekoia's own interface."""
    identity = ids.of("avatar", name)
    return Actor(identity, "avatar", f"user:{identity}")
