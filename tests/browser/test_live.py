"""A war room that is open shows what happens in it, and nothing moves under the reader's eyes and hands."""

from typing import Any

from lab.stage import Scene
from tests.browser.hands import first_fetch, picture, playwright, press, sees

LINES = ". ".join(["The mailbox is locked, the rule that forwarded invoices is gone"] * 8)
AT_END = (
    "() => { const at = document.getElementById('entries'); return at.scrollHeight - at.scrollTop - at.clientHeight }"
)
ADD_SCRIPT = """() => {
  const made = document.createElement("script");
  made.textContent = "document.title = 'gone'";
  document.body.append(made);
}"""
FROM_TOP = "() => document.getElementById('entries').scrollTop"


def room(page: Any, incident: str = "2") -> None:
    """Opens the war room of an incident of the story."""
    first_fetch(page)
    page.goto(f"{page.url.partition('/incidents')[0]}/incidents/{incident}/room")


def test_new_entry_shows_without_a_press_and_focus_and_text_stay(stage: Scene, page: Any, shifts: str) -> None:
    page.add_init_script(shifts)
    room(page)
    line = page.get_by_label("Command", exact=True)
    line.press_sequentially("!sekoia-xdr-get-al")
    place = line.bounding_box()
    for number in range(3):
        stage.host.add_entry("2", f"A colleague writes {number}: {LINES}")
        sees(page.locator("article").last, f"A colleague writes {number}:")
    assert page.evaluate(AT_END) < 2  # who reads the end goes on reading the end
    assert (line.input_value(), line.bounding_box()) == ("!sekoia-xdr-get-al", place)
    assert page.evaluate("document.activeElement.name") == "line"
    assert (page.evaluate("window.moved"), page.complaints) == (0, [])
    picture(page, "6-live-war-room")


def test_who_reads_an_older_entry_is_left_there(stage: Scene, page: Any, shifts: str) -> None:
    page.add_init_script(shifts)
    first_fetch(page)
    for number in range(40):
        stage.host.add_entry("2", f"old {number}")
    page.goto(f"{page.url.partition('/incidents')[0]}/incidents/2/room")
    page.evaluate("() => { document.getElementById('entries').scrollTop = 40 }")
    stage.host.add_entry("2", "new")
    sees(page.locator("article").last, "new")
    assert (page.evaluate(FROM_TOP), page.evaluate("window.moved")) == (40, 0)


def test_hostile_entry_that_comes_in_stays_a_text(stage: Scene, page: Any) -> None:
    room(page)
    stage.host.add_entry("2", "<img src=x onerror=document.title='gone'><script>document.title='gone'</script> seen")
    sees(page.locator("article").last, "onerror=document.title")
    assert page.title() != "gone"
    assert page.locator("article img, article script").count() == 0


def test_markup_that_slipped_in_would_not_run(stage: Scene, page: Any) -> None:
    """The policy of the page lets one script run: ours. Even a hole in the escaping runs nothing."""
    room(page)
    for markup in ("<img src=x onerror=document.title='gone'>", "<a id=odd onclick=document.title='gone'>x</a>"):
        page.evaluate("markup => document.getElementById('entries').insertAdjacentHTML('beforeend', markup)", markup)
    page.evaluate("document.getElementById('odd').click()")
    page.evaluate(ADD_SCRIPT)
    assert page.title() != "gone"


def test_console_that_stopped_is_said(stage: Scene, page: Any) -> None:
    room(page)
    page.context.set_offline(True)
    sees(page.locator("#state"), "does not answer")
    page.context.set_offline(False)
    sees(page.locator("#state"), "show by themselves")
    assert "does not answer" not in page.locator("#state").inner_text()


def test_incident_is_reached_and_worked_by_keyboard_alone(stage: Scene, page: Any) -> None:
    first_fetch(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Visit of a credential"):
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/2")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "War Room":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/2/room")
    playwright.expect(page.get_by_label("Command", exact=True)).to_be_focused()
    page.keyboard.type("!sekoia-xdr-get-comments id=" + stage.host.incidents.get("2").dbot_mirror_id)
    page.keyboard.press("Enter")
    sees(page.locator("article").last, "comment")
    assert ring == "solid"


def test_rounds_of_mirroring_are_seen(stage: Scene, page: Any) -> None:
    stage.configure(mirror_direction="Incoming and Outgoing")
    first_fetch(page)
    stage.clock.sleep(60)
    stage.world.alerts.comment(stage.host.incidents.get("2").dbot_mirror_id, "Seen by the night shift")
    stage.host.add_entry("1", "Told the owner", ("comments",))
    page.get_by_role("link", name="Mirroring").click()
    sees(page.get_by_role("group", name="To be sent"), "1 entry")
    press(page, "Run a round")
    sees(page.get_by_role("status"), "Sent: 1 incident")
    sees(page.get_by_role("group", name="What the rounds did"), "went out")
    picture(page, "7-mirroring")
    sent = stage.world.alerts.get(stage.host.incidents.get("1").dbot_mirror_id).comments
    assert "Told the owner" in sent[-1].content
