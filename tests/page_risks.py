"""What in an HTML document could run or be fetched."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """The elements of a document, and what could run or be fetched."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.risks: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("script", "img", "iframe", "object", "embed", "link", "base"):
            self.risks.append(tag)
        for name, value in attrs:
            risky = name.startswith("on") or (
                name in ("href", "src", "action") and re.match(r"(?i)\s*(javascript|data):", value or "")
            )
            if risky or (name == "style" and "url" in (value or "")):
                self.risks.append(f"{tag} {name}={value}")
