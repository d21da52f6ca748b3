"""What the host raises: never a plausible lie, always the name of what it does not know."""

import difflib
from collections.abc import Iterable


class HostError(Exception):
    """Base of everything the host raises about the pack, its settings or its own use."""


def likely(name: str, known: Iterable[str]) -> str:
    """A question after the name that was probably meant; '' when none is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


class UnknownName(HostError):
    """Something is named that does not exist; the message holds the name, the kind and where it was met."""

    def __init__(self, kind: str, name: str, where: str = "", known: Iterable[str] = ()) -> None:
        self.kind = kind
        self.unknown = name
        super().__init__(f"unknown {kind} {name!r}" + (f" ({where})" if where else "") + likely(name, known))


class UnknownPlatformCall(UnknownName, AttributeError):
    """The pack used an attribute of `demisto` that this host does not offer for such a run."""


class BadSetting(HostError):
    """An instance cannot be made from these parameters."""


class BadCommandLine(HostError):
    """The platform would refuse the command before running it."""


class BadFieldValue(HostError):
    """A value does not fit the type of the incident field it goes into."""


class TransformFailed(HostError):
    """A transformer could not turn the value; the platform leaves the field empty and says nothing."""


class BadPlaybook(HostError):
    """A playbook cannot run as it is, or not with these inputs."""


class BadQuery(HostError):
    """A search over incidents is not understood."""


class InvariantBroken(HostError, AssertionError):
    """A run ended but broke a promise that every run makes; the message lists all of them."""


class SecretMissing(HostError):
    """The host was started again and nobody supplied the instance's secret."""


class Killed(BaseException):
    """The host dies here: nothing uncommitted survives and this host object is of no further use.

    It is no Exception, so that no handler of the pack can survive its own death.
    """
