"""The console in a real browser: one incident worked from the settings to the tenant, by keyboard and mouse."""

import re
from typing import Any

import pytest

from lab.stage import Scene
from tests.browser.hands import first_fetch, picture, press, sees


def test_incident_is_worked_in_the_browser(stage: Scene, page: Any) -> None:
    page.get_by_role("link", name="Settings").click()
    press(page, "Save and test")
    sees(page.get_by_role("status"), "The test was successful")
    picture(page, "1-settings")

    page.get_by_role("link", name="Incidents").click()
    first_fetch(page)
    picture(page, "2-incidents")

    page.get_by_role("link", name="Visit of a credential phishing page").click()
    picture(page, "3-incident")
    page.locator("summary", has_text="Add comment").click()
    form = page.locator("details[open]")
    form.get_by_label("Comment").fill("Taken by the day shift")
    form.get_by_role("button", name="Add comment").click()
    sees(page.get_by_role("status"), "Taken by the day shift")

    short_id = stage.host.incidents.get("2").dbot_mirror_id
    page.get_by_role("link", name="War Room").click()
    page.get_by_label("Command", exact=True).fill(f"!sekoia-xdr-update-status-alert id={short_id} status=Acknowledge")
    page.keyboard.press("Enter")
    sees(page.locator("article").last, "Acknowledged")
    picture(page, "4-war-room")

    page.get_by_label("Or fill in a command").select_option("sekoia-xdr-close-alert")
    press(page, "Show its arguments")
    page.get_by_role("textbox", name=re.compile("^verdict")).fill("true_positive")
    press(page, "Run !sekoia-xdr-close-alert")
    page.get_by_role("link", name="Close incident").click()
    page.get_by_label("Close notes", exact=False).fill("Mailbox locked.")
    press(page, "Close")
    sees(page.get_by_role("status"), "is closed")

    page.get_by_role("link", name="Tenant").click()
    row = page.get_by_role("row").filter(has_text=short_id).inner_text()
    assert ("Closed" in row, "Taken by the day shift" in row) == (True, True)
    picture(page, "5-tenant")
    assert page.complaints == []


ADDRESSES = (
    "/incidents",
    "/incidents/2",
    "/incidents/2/room",
    "/settings",
    "/mirroring",
    "/dashboards/Sekoia XDR",
    "/calls",
    "/tenant",
)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_fit_a_telephone_and_stay_where_they_are(browser: Any, address: str, shifts: str, dark: bool) -> None:
    look = "dark" if dark else "light"
    made = browser.new_page(viewport={"width": 400, "height": 800}, color_scheme=look)
    made.add_init_script(shifts)
    made.goto(address)
    first_fetch(made)
    site = address.partition("/?")[0]
    for each in ADDRESSES:
        made.goto(site + each)
        assert (each, made.evaluate("document.documentElement.scrollWidth")) == (each, 400)
        assert (each, made.evaluate("window.moved")) == (each, 0)
        picture(made, f"narrow-{look}-{each.strip('/').replace('/', '-').replace(' ', '-').lower()}")


CONTRASTS = """
() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = colour => [.2126, .7152, .0722].reduce((sum, share, at) => sum + share * linear(colour[at] / 255), 0);
  const over = (top, below) => {
    const a = top[3] ?? 1;
    return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a));
  };
  const ground = node => {
    const seen = [];
    for (let at = node; at; at = at.parentElement) seen.push(parts(getComputedStyle(at).backgroundColor));
    return seen.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(each => each.nodeType === 3 && each.data.trim());
    if (!own || !node.checkVisibility() || node.closest('svg, .unseen, .skip, datalist, option')) continue;
    const under = ground(node), ink = over(parts(getComputedStyle(node).color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    const name = `${node.tagName} ${node.className} ${node.textContent.trim().slice(0, 30)}`;
    if (ratio < 4.5) found.push(`${name} ${ratio.toFixed(2)}`);
  }
  return found;
}
"""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_texts_stand_out_from_their_ground(browser: Any, address: str, look: str) -> None:
    made = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=look)
    made.goto(address)
    first_fetch(made)
    site = address.partition("/?")[0]
    found = {}
    for each in (*ADDRESSES, "/incidents/2/room?command=sekoia-xdr-close-alert", "/faults", "/incidents/2/close"):
        made.goto(site + each)
        found[each] = made.evaluate(CONTRASTS)
    assert {each: weak for each, weak in found.items() if weak} == {}
