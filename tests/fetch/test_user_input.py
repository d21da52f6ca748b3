"""What users write into settings and arguments: times, ranges and numbers."""

import pytest
import SekoiaXDR
from SekoiaXDR_test import Json


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", 1772362800),
        ("-7d", 1771758000),
        ("3 hours", 1772352000),
        ("2 days ago", 1772190000),
        ("2026-03-01T10:00:00Z", 1772359200),
        ("2026-03-01 10:00", 1772359200),
        ("2026-03-01T10:00:00+01:00", 1772355600),
        ("1772359200", 1772359200),
        (" 1772359200 ", 1772359200),
        ("999999w", 0),
        ("15 march", 1741996800),
        ("0001-01-01", 0),
        ("-2W", 1771153200),
        ("20 mins", 1772361600),
        ("- 3 Hours ago", 1772352000),
        ("90s", 1772362710),
        ("yesterday", 1772276400),
        ("2 months ago", 1767265200),
        ("in 3 days", 1772622000),
        ("1 March 2026 09:00", 1772355600),
        ("2026-03-01", 1772323200),
        ("2026-03-01T10:00:00.5Z", 1772359200),
    ],
)
def test_parse_time_reads_what_users_write(text: str, expected: int) -> None:
    assert SekoiaXDR.parse_time(text, "since") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-7",
        "12",
        "-7dd",
        "\ud800",
        "2026-02-30",
        "-99999999999d",
        "hier",
        "2 jours",
        "99999999 days",
        "01/03/2026",
        "20260301",
        "2026-03-01 soon",
    ],
)
def test_parse_time_refuses_garbage_with_the_argument_and_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"^since: .* is not a time\. Use for example -7d"):
        SekoiaXDR.parse_time(text, "since")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-3d,now", (1772103600, None)),
        ("-3d", (1772103600, None)),
        ("-3d,-1d", (1772103600, 1772276400)),
        (",-1d", (None, 1772276400)),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_parse_window_leaves_open_sides_open(text: str | None, expected: Json) -> None:
    assert SekoiaXDR.parse_window(text, "created_at") == expected


def test_parse_window_refuses_a_start_after_its_end() -> None:
    with pytest.raises(ValueError, match=r"created_at: .* begins after its end"):
        SekoiaXDR.parse_window("now,-3d", "created_at")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60,100", (60, 100)),
        ("60", (60, 100)),
        (",40", (0, 40)),
        ("5,5", (5, 5)),
        (" ", None),
        (None, None),
        (70, (70, 100)),
    ],
)
def test_number_range_reads_urgency_ranges(value: Json, expected: Json) -> None:
    assert SekoiaXDR.number_range(value, "urgency") == expected


@pytest.mark.parametrize(
    "value",
    [
        "1,2,3",
        "80,20",
        "-1,5",
        "0,101",
        "a,b",
        "1.5,3",
    ],
)
def test_number_range_refuses_what_is_no_range(value: str) -> None:
    with pytest.raises(ValueError, match=r"^urgency: "):
        SekoiaXDR.number_range(value, "urgency")


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "11",
        "ten",
        "1.0",
        "1e1",
        True,
        "1 2",
    ],
)
def test_whole_number_refuses_what_is_none_or_out_of_bounds(value: Json) -> None:
    with pytest.raises(ValueError, match=r"limit: '.*' is not a whole number from 1 to 10\."):
        SekoiaXDR.whole_number(value, "limit", 5, 1, 10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, 5),
        ("", 5),
        (" ", 5),
        ("7", 7),
        (7, 7),
        (" 7 ", 7),
    ],
)
def test_whole_number_takes_the_default_for_an_empty_field(value: Json, expected: int) -> None:
    assert SekoiaXDR.whole_number(value, "limit", 5, 1, 10) == expected
