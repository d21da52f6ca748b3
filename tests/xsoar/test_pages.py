"""Pages: the layout in its grid, values by their kind, scripts that really run, and foreign text that stays text."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.clock import Clock
from lab.xsoar.errors import UnknownName
from lab.xsoar.host import Host
from lab.xsoar.pages import Links, render_closing_form, render_dashboard, render_incident, render_quick_view
from lab.xsoar.pages.text import clean, markdown
from tests.page_risks import Page
from tests.xsoar.acme_pack import INTEGRATION, KEY
from tests.xsoar.acme_pages import HOSTILE, Item, build_pages, button, dashboard, field, layout, section, widget

FIELDS = ("acmetext", "acmenumber", "acmeflag", "acmewhen", "acmecolour", "acmehosts", "acmegrid", "severity")
Stage = Callable[..., Host]


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Stage:
    """A host of the made-up pack with a layout and one incident, whose fields are given."""

    def make(page: Item, board: Item | None = None, *items: Item) -> Host:
        host = Host(build_pages(tmp_path, page, board), ":memory:", clock)
        feed = json.dumps(items or [{"title": "one", "id": "A1", "severity": 2, "text": "plain"}])
        instance = host.add_instance(INTEGRATION, "one", {"credentials": {"password": KEY}, "feed": feed})
        clock.advance(60)
        assert host.fetch(instance).error is None
        return host

    return make


def whole() -> Item:
    """A layout with every kind of section."""
    return layout(
        section("fields", 0, 0, 1, items=[field(name) for name in FIELDS]),
        section("markdown", 1, 0, 2, type="dynamic", queryType="script", query="AcmeMarkdown"),
        section("html", 0, 1, 3, type="dynamic", queryType="script", query="AcmeHtml"),
        section("broken", 0, 2, 1, type="dynamic", queryType="script", query="AcmeBroken"),
        section(
            "buttons",
            1,
            2,
            1,
            items=[button("Do it", {}), button("Now", {"snippet": {"simple": "${incident.acmetext}"}})],
        ),
        section("notes", 2, 2, 1, type="notes"),
        section("indicators", 0, 3, 3, type="indicators"),
    )


def hostile_item() -> Item:
    return {
        "title": HOSTILE,
        "id": HOSTILE,
        "severity": 4,
        "text": HOSTILE,
        "number": 3,
        "flag": True,
        "when": "2026-03-01T10:00:00Z",
        "colour": "red",
        "hosts": [{"name": HOSTILE}],
        "rows": [{"name": HOSTILE, "role": "r"}],
    }


def test_sections_stand_in_their_grid_and_fields_are_shown_by_kind(opened: Stage) -> None:
    page = render_incident(opened(whole(), None, hostile_item()), "1")
    assert "--x:2;--y:1;--w:2;--h:1" in page
    assert '<time datetime="2026-03-01T10:00:00+00:00">2026-03-01 10:00:00' in page
    assert 'class="badge severity-critical">Critical' in page
    assert 'class="badge good">yes' in page
    assert '<th scope="col">role</th>' in page


def test_hostile_text_is_nowhere_markup(opened: Stage) -> None:
    board = dashboard(widget("pie", params={"groupBy": ["acmetext"]}), widget("bar", params={"groupBy": ["acmetext"]}))
    host = opened(whole(), board, hostile_item())
    host.run_script("AcmeDo", {"snippet": f"return_results({HOSTILE!r})"}, "1")
    pages = [render_incident(host, "1"), render_incident(host, "1", "warRoom"), render_dashboard(host, "Acme")]
    pages += [render_quick_view(host, "1"), render_closing_form(host, "1")]
    assert [Page(page).risks for page in pages] == [[]] * 5
    assert "&lt;script&gt;" in pages[0]


def test_dynamic_sections_really_run_and_leave_nothing_behind(opened: Stage) -> None:
    host = opened(whole())
    page = render_incident(host, "1")
    assert "<h1>Head</h1>" in page
    assert "<b>bold</b> plain" in page
    assert host.warroom("1") == []


def test_failing_section_is_told_in_its_place_and_the_others_stay(opened: Stage) -> None:
    page = render_incident(opened(whole()), "1")
    assert '<p class="trouble" role="alert">broken &lt;b&gt;x&lt;/b&gt;</p>' in page
    assert "<h1>Head</h1>" in page


def test_button_is_a_form_that_asks_for_what_the_layout_does_not_give(opened: Stage) -> None:
    page = render_incident(opened(whole()), "1", links=Links("/soc"))
    assert page.count('action="/soc/incidents/1/press"') == 2
    assert '<input name="snippet" value="">' in page
    assert '<input type="hidden" name="snippet" value="plain">' in page


def test_page_by_itself_has_no_form_that_can_be_sent(opened: Stage) -> None:
    page = render_incident(opened(whole()), "1")
    assert re.findall(r'action="(?!")[^"]*"', page) == []


def test_empty_field_is_left_out_and_an_empty_section_says_so(opened: Stage) -> None:
    page = render_incident(opened(layout(section("s", 0, 0, 1, items=[field("acmenumber")]))), "1")
    assert "<dt>" not in page
    assert "Nothing here." in page


def test_war_room_and_platform_tabs_can_be_opened(opened: Stage) -> None:
    host = opened(whole())
    host.run_script("AcmeDo", {"snippet": "return_results('**done**')"}, "1")
    assert "<strong>done</strong>" in render_incident(host, "1", "warRoom")
    assert "playbook" in render_incident(host, "1", "workPlan")


@pytest.mark.parametrize(
    ("page", "tab"),
    [
        (layout(section("s", 0, 0, 1, items=[field("gone")])), ""),
        (layout(section("s", 0, 0, 1, type="dynamic", queryType="script", query="Gone")), ""),
        (layout(section("s", 0, 0, 1, items=[button("b", {"gone": {"simple": "x"}})])), ""),
        (layout(section("s", 0, 0, 1, type="gone")), ""),
        (layout(), "gone"),
    ],
)
def test_what_does_not_exist_names_itself(opened: Stage, page: Item, tab: str) -> None:
    with pytest.raises(UnknownName, match=r"[gG]one"):
        render_incident(opened(page), "1", tab)


def test_closing_form_and_quick_view_show_the_fields_of_the_layout(opened: Stage) -> None:
    host = opened(whole())
    form = render_closing_form(host, "1", Links("/soc"))
    assert 'action="/soc/incidents/1/close"' in form
    assert "<option>False Positive</option>" in form
    assert "plain" in render_quick_view(host, "1")


def many() -> tuple[Item, ...]:
    return tuple(
        {
            "title": f"t{n}",
            "id": f"A{n}",
            "severity": n % 4 + 1,
            "number": 60 * n,
            "colour": "red" if n % 3 else "green",
            "text": f"rule {n % 12}",
            "at": f"2026-02-{20 + n % 8}T10:00:00Z",
        }
        for n in range(24)
    )


def test_widgets_count_what_their_query_finds(opened: Stage) -> None:
    board = dashboard(
        widget("number", "severity:critical"),
        widget("duration", params={"keys": ["avg|acmenumber"]}),
        widget("pie", params={"groupBy": ["acmecolour"]}),
        widget("bar", params={"groupBy": ["acmetext"]}, size=3),
        widget("column", params={"groupBy": ["occurred(d)", "severity"]}),
        widget("line", params={"groupBy": ["occurred(d)", "acmecolour"]}),
        widget(
            "table",
            params={"tableColumns": [{"key": "id"}, {"key": "acmenumber"}]},
            size=2,
            sort=[{"field": "acmenumber"}],
        ),
        widget("bar", "AcmeBars", "scripts", params={"valuesFormat": "percent"}),
        widget("table", "AcmeRows", "scripts"),
        widget("number", "severity:low", dateRange={"period": {"byFrom": "days", "fromValue": 6}}),
    )
    page = render_dashboard(opened(whole(), board, *many()), "Acme")
    assert re.findall(r'<p class="figure">([^<]+)</p>', page) == ["6", "11 min 30 s", "3"]
    assert "Widget pie: red 16, green 8" in page
    assert "others" in page
    assert "<td>24</td><td>" in page.replace("\n", "")
    assert "width:40.0%" in page
    assert "&lt;i&gt;a&lt;/i&gt;" in page
    assert Page(page).risks == []


@pytest.mark.parametrize("kind", ["number", "pie", "bar", "column", "line", "duration"])
def test_widget_with_nothing_to_count_is_drawn(opened: Stage, kind: str) -> None:
    board = dashboard(widget(kind, "acmetext:nobody", params={"groupBy": ["occurred(d)"]}))
    page = render_dashboard(opened(whole(), board), "Acme")
    assert "Nothing in this time." in page or '<p class="figure">0</p>' in page


@pytest.mark.parametrize(
    "odd",
    [
        widget("globe"),
        widget("pie", params={"groupBy": ["gone"]}),
        widget("bar", "Gone", "scripts"),
        widget("duration", params={"keys": ["sum|acmenumber"]}),
    ],
)
def test_widget_that_is_not_known_names_itself(opened: Stage, odd: Item) -> None:
    host = opened(whole(), dashboard(odd))
    with pytest.raises(UnknownName):
        render_dashboard(host, "Acme")
    with pytest.raises(UnknownName):
        render_dashboard(host, "Gone")


def test_page_is_usable_without_eyes_and_without_a_network(opened: Stage) -> None:
    page = render_incident(opened(whole()), "1")
    assert '<html lang="en">' in page
    assert page.count("<h1>one</h1>") == 1
    assert 'aria-current="page"' in page
    assert "default-src 'none'" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("<>\"'&`|[]()!*_~\\/\n abjscript:onerror=#-:.\u202e😀")), max_size=80))
def test_no_text_becomes_something_that_runs_or_is_fetched(text: str) -> None:
    for rendered in (clean(text), markdown(text), clean(f"<div style='{text}' onclick='{text}'>{text}</div>")):
        assert Page(str(rendered)).risks == []


@pytest.mark.parametrize(
    ("given_html", "kept"),
    [
        ('<b style="color:red">x</b>', '<b style="color:red">x</b>'),
        ('<b style="background:url(//a)">x</b>', "<b>x</b>"),
        ('<b style="position:fixed">x</b>', '<b style="">x</b>'),
        ("<script>x</script>y", "y"),
        ('<a href="javascript:x">y</a>', '<a target="_blank" rel="noopener noreferrer nofollow">y</a>'),
    ],
)
def test_html_of_a_script_keeps_its_looks_and_nothing_else(given_html: str, kept: str) -> None:
    assert str(clean(given_html)) == kept
