"""The frame of the war room, alone."""

import pytest
import SekoiaXDRWarRoomApiModule as room


@pytest.mark.parametrize(
    ("url", "ui"),
    [
        ("https://api.sekoia.io/v1", "https://app.sekoia.io"),
        ("https://api.sgp1.sekoia.io", "https://app.sgp1.sekoia.io"),
        ("https://app.fra2.sekoia.io/api", "https://app.fra2.sekoia.io"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080"),
    ],
)
def test_links_lead_to_the_web_interface_of_the_region(url: str, ui: str) -> None:
    assert room.alert_link(room.ui_root(url), "ALa1B2c3D4e5") == f"{ui}/operations/alerts/ALa1B2c3D4e5"
