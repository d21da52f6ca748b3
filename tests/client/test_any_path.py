"""Whatever a user writes as the path of a call, the call stays inside the API."""

import posixpath
import re
from urllib.parse import unquote, urlsplit

import requests
import SekoiaXDRTenantCommandsApiModule as tenant
from hypothesis import example, given
from hypothesis import strategies as st

ROOT = "https://app.fra2.sekoia.io/api"
PIECES = (
    "/",
    "//",
    "..",
    ".",
    "%2e",
    "%2f",
    "%5c",
    "%25",
    "\\",
    "@",
    ":",
    "?",
    "#",
    ";",
    "v1",
    "v2",
    "sic",
    "api",
    "\n",
)
PATHS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))


@given(st.one_of(PATHS, PATHS.map("/v1/".__add__)))
@example("/v1/sic/alerts")
@example("/v1/a/%2e%2e/%2e%2e/x")
def test_path_that_is_taken_never_leaves_the_api(text: str) -> None:
    try:
        path, query = tenant.api_path(text)
    except ValueError:
        return
    url = requests.Request("GET", ROOT + path, params=query).prepare().url
    assert url is not None
    parts = urlsplit(url)
    assert parts.netloc == "app.fra2.sekoia.io"
    assert re.match(r"/api/v\d/", posixpath.normpath(unquote(unquote(parts.path))))
