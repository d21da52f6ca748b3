"""Somebody who never saw the pack works the phishing story from the incident page alone.

She knows what stands on the page and nothing else: texts, tabs, the buttons and what their forms ask. No script,
command or field is named here; `Visitor` fails when a page offers no such button or a form no such question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from lab.sekoia.alerts.model import Alert
from lab.stage import Scene, scene
from lab.web import lab_site

TITLE = "Mailbox rule forwards invoices to an outside address"


@dataclass
class Form:
    """A form as a person sees it: its button, its questions by their label, and what it sends unseen."""

    action: str
    button: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """The forms, links and plain text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._inside: list[str] = []
        self._href = self._label = self._asked = ""
        self._option: dict[str, str] = {}
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in ("input", "meta", "br", "hr", "link", "img"):
            self._inside.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "a":
            self._href = given.get("href", "")
        elif tag == "label":
            self._label = ""
        elif tag in ("input", "select", "textarea") and self.forms:
            self._ask(tag, given)
        elif tag == "option":
            self._option, self._text = given, ""

    def _ask(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given.get("name", "")
        if given.get("type") == "hidden":
            form.hidden[name] = given.get("value", "")
            return
        label = self._label.removesuffix("needed").strip()
        assert label not in form.names, f"{label} is asked twice"
        form.names[label], self._asked = name, name
        form.values[name] = given.get("value", "")
        if tag == "select":
            form.choices[name] = {}
        if "required" in given:
            form.needed.add(label)

    def handle_endtag(self, tag: str) -> None:
        if tag == "option":
            self._choose()
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" in self._inside or not data.strip():
            return
        text, here = " ".join(data.split()), self._inside[-1] if self._inside else ""
        self.words.append(text)
        if here == "a":
            self.links[text] = self._href
        elif here == "button" and self.forms:
            self.forms[-1].button = text
        elif here == "option":
            self._text = text
        elif "label" in self._inside and here in ("label", "span"):
            self._label = f"{self._label} {text}".strip()

    def _choose(self) -> None:
        """An option by its text; the first is chosen, or the one that is marked."""
        form, sent = self.forms[-1], self._option.get("value", self._text)
        if "selected" in self._option or not form.choices[self._asked]:
            form.values[self._asked] = sent
        form.choices[self._asked][self._text] = sent


class Visitor:
    """A person in front of the console, on one page at a time."""

    def __init__(self, stage: Scene) -> None:
        app = lab_site(stage)
        self._client: FlaskClient = app.test_client()
        self._token = app.extensions["site"].token
        self._go(f"/?door={app.extensions['site'].door}")

    def _go(self, address: str, given: dict[str, Any] | None = None) -> None:
        answer = (
            self._client.get(address, follow_redirects=True)
            if given is None
            else self._client.post(address, data=given, follow_redirects=True)
        )
        self.page = Reader(answer.text)
        assert answer.status_code == 200, self.page.words

    def wait(self, time: str) -> None:
        """Time passes, as it does."""
        self._client.post("/time", data={"_token": self._token, "by": time})

    def follow(self, name: str) -> None:
        """Opens a link by its text."""
        assert name in self.page.links, f"no link {name!r} among {sorted(self.page.links)}"
        self._go(self.page.links[name])

    def press(self, name: str, **answers: str) -> None:
        """Fills in a form by its labels (blanks as _) and presses its button."""
        forms = [form for form in self.page.forms if form.button == name]
        assert len(forms) == 1, f"{len(forms)} buttons {name!r} among {[form.button for form in self.page.forms]}"
        form, given = forms[0], {label.replace("_", " "): value for label, value in answers.items()}
        assert set(given) <= set(form.names), f"{name} asks {sorted(form.names)}"
        assert form.needed <= set(given) | {label for label, one in form.names.items() if form.values[one]}
        for label, value in given.items():
            offered = form.choices.get(form.names[label], {value: value})
            assert value in offered, f"{label} offers {list(offered)}"
            form.values[form.names[label]] = offered[value]
        self._go(form.action, {**form.hidden, **form.values})

    def sees(self, *texts: str) -> None:
        """Every text stands on the page."""
        shown = " ".join(self.page.words)
        assert [text for text in texts if text not in shown] == [], shown[:3000]


@pytest.fixture
def stage() -> Iterator[Scene]:
    """The phishing story."""
    with scene("phishing") as made:
        yield made


@pytest.fixture
def visitor(stage: Scene) -> Visitor:
    """A person who opened the incident of the mailbox rule from the list, 20 minutes into the story."""
    stage.configure(mirror_direction="Outgoing", close_out=True)
    made = Visitor(stage)
    made.wait("20m")
    made.follow("Incidents")
    made.follow(TITLE)
    return made


def alert_of(stage: Scene) -> Alert:
    """The alert of the story that she works on."""
    found: list[Alert] = [one for one in stage.world.alerts.all() if one.title == TITLE]
    return found[0]


def test_story_is_handled_to_its_close_with_the_buttons_of_the_page(stage: Scene, visitor: Visitor) -> None:
    alert = alert_of(stage)
    visitor.sees(
        "Critical", "84 of 100", "none yet", "Suspicious mailbox forwarding rule", "p.achterberg", "Acknowledge"
    )
    visitor.press("Change status", Status="Acknowledge", Comment="mine")
    visitor.follow("Sekoia alert")
    visitor.sees("Acknowledged")

    visitor.follow("Evidence")
    visitor.press("Refresh events")
    visitor.sees("2 events of")
    visitor.follow("Evidence")
    visitor.sees("2 events on this page", "New-InboxRule", "203.0.113.9", "T1114.003")

    visitor.follow("Sekoia alert")
    visitor.press("Add comment", Comment="Mailbox locked with the help desk.")
    visitor.follow("Sekoia alert")
    visitor.sees("Mailbox locked with the help desk.")

    visitor.follow("Case and history")
    visitor.sees("belongs to no case")
    visitor.press("Add to a case", Title="Parcel phishing against finance")
    visitor.follow("Case and history")
    visitor.sees("Parcel phishing against finance", "status Pending → Acknowledged")

    visitor.follow("Sekoia alert")
    visitor.press("Activate", Countermeasure="2", Comment="now")
    visitor.follow("Sekoia alert")
    visitor.sees("Remove the mailbox rule activated")

    visitor.press("Close with verdict", Verdict="True positive", Comment="Rule removed, no money left.")
    visitor.follow("Sekoia alert")
    visitor.sees("incident Closed", "True positive", "in time")
    assert "Close incident" not in visitor.page.links

    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Closed", "True positive")
    assert alert.countermeasures[1]["activated_at"]
    assert [one.content for one in alert.comments if one.content.startswith("Mailbox locked")]


def test_story_is_closed_with_a_verdict_in_the_closing_form(stage: Scene, visitor: Visitor) -> None:
    visitor.follow("Close incident")
    visitor.press("Close", Close_Verdict="False positive", Close_reason="Other", Close_notes="A rehearsal")
    visitor.sees("is closed")
    alert = alert_of(stage)
    assert (alert.status.label, alert.ruling and alert.ruling.verdict.label) == ("Closed", "False positive")


@pytest.mark.parametrize(
    ("button", "answers", "said"),
    [
        ("Change status", {"Status": "Done and dusted"}, r"Known ones: Pending, Acknowledged"),
        ("Close with verdict", {"Verdict": "maybe"}, r"True positive.*False positive"),
        (
            "Activate",
            {"Countermeasure": "9"},
            r"1: Reset the password .*; 2: Remove the mailbox rule",
        ),
    ],
)
def test_answer_that_is_none_is_met_with_those_there_are(
    visitor: Visitor, button: str, answers: dict[str, str], said: str
) -> None:
    visitor.press(button, **answers)
    assert re.search(said, " ".join(visitor.page.words))
