"""Whom the tests' process talks to: every other machine is refused and noted, but the tenant that it was pointed at."""

import os
import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

UNREACHABLE = (".invalid",)  # names that no machine ever has, for tests of a host that cannot be found
resolve, connect = socket.getaddrinfo, socket.socket.connect


def hosts_of_a_real_tenant() -> set[str]:
    """The host of SEKOIA_URL and the proxy on the way there; none where no real tenant is named."""
    if not os.environ.get("SEKOIA_URL"):
        return set()
    ways = [os.environ.get(name, "") for name in ("SEKOIA_URL", "HTTPS_PROXY", "https_proxy")]
    return {str(urlsplit(way).hostname) for way in ways if way}


class Doors:
    """The machines that were asked for and refused, and the ports that were called."""

    def __init__(self) -> None:
        self.strangers: list[str] = []
        self.called: set[tuple[str, int]] = set()
        self._known = hosts_of_a_real_tenant()

    def shut(self) -> None:
        """Lets nobody out of this machine from now on, in this process."""
        socket.getaddrinfo = self._resolve
        socket.socket.connect = lambda made, address: self._connect(made, address)  # type: ignore[method-assign, arg-type]

    def _resolve(self, host: Any, *args: Any, **said: Any) -> Any:
        if not self._is_known(str(host)):
            if not str(host).endswith(UNREACHABLE):
                self.strangers.append(str(host))
            raise socket.gaierror(socket.EAI_NONAME, f"the tests ask for no other machine, not even {host}")
        found = resolve(host, *args, **said)
        if host in self._known:
            self._known |= {str(address[0]) for *_, address in found}
        return found

    def _connect(self, made: socket.socket, address: Any) -> None:
        if made.family in (socket.AF_INET, socket.AF_INET6):
            host, port = str(address[0]), int(address[1])
            if not self._is_known(host):
                self.strangers.append(host)
                raise OSError(f"the tests call no other machine, not even {host}")
            self.called.add((host, port))
        connect(made, address)

    def _is_known(self, host: str) -> bool:
        """Whether it is this machine, or on the way to the real tenant that the environment names."""
        if host in self._known or host in ("localhost", "", "None"):
            return True
        try:
            return ip_address(host).is_loopback or ip_address(host).is_unspecified
        except ValueError:
            return False


DOORS = Doors()
