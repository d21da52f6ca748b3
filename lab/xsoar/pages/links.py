"""Where a page's links and forms lead; who serves the pages says so."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Links:
    """Addresses below `base`; with an empty one the page is a document by itself whose forms lead nowhere."""

    base: str = ""

    @property
    def live(self) -> bool:
        """Whether somebody answers."""
        return bool(self.base)

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
