"""Where a page's links and forms lead; who serves the pages says so."""

from dataclasses import dataclass, field
from urllib.parse import quote

from markupsafe import Markup


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu above a served page."""

    name: str
    address: str
    here: bool = False


@dataclass(frozen=True)
class Links:
    """Addresses below `base`; without a token the page is a document by itself whose forms lead nowhere."""

    base: str = ""
    token: str = ""  # goes with every form: proof that it came from a page of ours
    menu: tuple[MenuItem, ...] = ()
    notice: Markup = field(default_factory=Markup)  # what the last form brought

    @property
    def live(self) -> bool:
        """Whether somebody answers."""
        return bool(self.base or self.token)

    def incident(self, incident_id: str, tab: str = "") -> str:
        """The page of an incident, on one of its tabs."""
        path = f"{self.base}/incidents/{quote(incident_id, safe='')}"
        return f"{path}?tab={quote(tab, safe='')}" if tab else path

    def press(self, incident_id: str) -> str:
        """Where a button's form goes; it posts `script` and the arguments."""
        return f"{self.incident(incident_id)}/press"

    def close(self, incident_id: str) -> str:
        """Where the closing form goes."""
        return f"{self.incident(incident_id)}/close"
