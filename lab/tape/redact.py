"""Takes out of an answer what it tells of people, machines and incidents.

Nothing stays because it looks harmless: what stays is on a list (`words.py`), or is a number, a truth value, a moment.
Everything else becomes a pseudonym of the same shape; the same text becomes the same pseudonym within one recording.
"""

import hmac
import re
from collections.abc import Callable
from ipaddress import ip_address
from secrets import token_bytes
from typing import Any
from urllib.parse import quote, unquote

from lab.tape.words import known

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
STIX_ID = re.compile(rf"([a-z0-9-]+)--({UUID.pattern})")
SHORT_ID = re.compile(r"(?:AL|CA|KC)[0-9A-Za-z]{10}")
DIGEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
SMALL_NUMBER = re.compile(r"-?\d{1,5}")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DEEPEST = 100


class Redactor:
    """The pseudonyms of one recording. Their key is made anew each time and kept nowhere: nobody can try names out."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or token_bytes(32)

    def value(self, given: Any, depth: int = 0) -> Any:
        """JSON without what it tells; the structure stays."""
        if depth > DEEPEST:
            return None
        if isinstance(given, dict):
            return {self.name(str(key)): self.value(each, depth + 1) for key, each in given.items()}
        if isinstance(given, list):
            return [self.value(each, depth + 1) for each in given]
        return self.text(given) if isinstance(given, str) else given

    def name(self, key: str) -> str:
        """The key of an object: known, made of known parts, or a pseudonym."""
        parts = key.split(".")
        return key if key in known() or all(part in known() for part in parts) else self.text(key)

    def text(self, given: str) -> str:
        """A text: on the list, a moment, or a pseudonym of its shape."""
        if not given or given in known() or MOMENT.fullmatch(given):
            return given
        found = STIX_ID.fullmatch(given)
        if found and found[1] in known():
            return f"{found[1]}--{self.text(found[2])}"
        for shape, made in SHAPES:
            if shape(given):
                return made(self, given)
        return f"text-{self._hex(given, 10)}"

    def path(self, given: str) -> str:
        """The path of a request; its fixed parts are on the list."""
        return "/".join(quote(self.text(unquote(step)), safe="") for step in given.split("/"))

    def query(self, given: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The query of a request, each value taken apart at its commas."""
        return [(self._query_name(name), ",".join(map(self._query_part, value.split(",")))) for name, value in given]

    def _query_name(self, name: str) -> str:
        outer, bracket, inner = name.removesuffix("]").partition("[")
        return f"{self.name(outer)}[{self.name(inner)}]" if bracket and name.endswith("]") else self.name(name)

    def _query_part(self, part: str) -> str:
        sign = "-" if part.startswith("-") and part[1:] in known() else ""
        return part if SMALL_NUMBER.fullmatch(part) or sign else self.text(part)

    # ---- pseudonyms ----

    def _bytes(self, given: str) -> bytes:
        return hmac.digest(self._key, given.encode("utf-8", "surrogatepass"), "sha512")

    def _hex(self, given: str, length: int) -> str:
        return self._bytes(given).hex()[:length]

    def uuid(self, given: str) -> str:
        """Another uuid."""
        digits = self._hex(given.lower(), 32)
        return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "8" + digits[17:20], digits[20:]))

    def short_id(self, given: str) -> str:
        """Another short id with the same two letters."""
        return given[:2] + "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._bytes(given)[: len(given) - 2])

    def digest(self, given: str) -> str:
        """As many other hexadecimal digits."""
        return self._hex(given.lower(), len(given))

    def ip(self, given: str) -> str:
        """An address of those that are set aside for examples; the length of a network stays."""
        address, slash, length = given.partition("/")
        raw = self._bytes(address)
        if ip_address(address).version == 4:
            net = ("192.0.2", "198.51.100", "203.0.113")[raw[0] % 3]
            return f"{net}.{raw[1]}{slash}{length}"
        return f"2001:db8::{raw[:2].hex().lstrip('0') or '1'}:{raw[2:4].hex().lstrip('0') or '1'}{slash}{length}"

    def host(self, given: str) -> str:
        """A name below a domain that nobody has."""
        return f"host-{self._hex(given.lower(), 8)}.example"

    def mail(self, given: str) -> str:
        """An address of nobody."""
        return f"user-{self._hex(given.lower(), 8)}@{self.host(given.rpartition('@')[2])}"

    def address(self, given: str) -> str:
        """An address that leads nowhere."""
        return f"https://{self.host(given)}/{self._hex(given, 8)}"


def _is_ip(given: str) -> bool:
    address, slash, length = given.partition("/")
    try:
        ip_address(address)
    except ValueError:
        return False
    return not slash or length.isdecimal()


SHAPES: tuple[tuple[Callable[[str], Any], Callable[[Redactor, str], str]], ...] = (
    (UUID.fullmatch, Redactor.uuid),
    (SHORT_ID.fullmatch, Redactor.short_id),
    (_is_ip, Redactor.ip),
    (DIGEST.fullmatch, Redactor.digest),
    (ADDRESS.fullmatch, Redactor.address),
    (MAIL.fullmatch, Redactor.mail),
    (HOST.fullmatch, Redactor.host),
)
