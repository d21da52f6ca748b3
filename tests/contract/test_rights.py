"""The permission that the client names for a call is the one that the API asks for."""

import pytest
import SekoiaXDRApiModule as api

from lab.sekoia.app import ROUTER
from lab.sekoia.route import Route

NAMELESS = {"Create asset", "Update asset"}  # the lab's words: which titles a change of an asset needs is not public


@pytest.mark.parametrize("route", ROUTER.routes, ids=lambda route: route.name)
def test_client_names_the_permissions_of_a_call(route: Route) -> None:
    path = route.path.replace("{", "").replace("}", "")
    assert set(api.rights_of(f"{route.method} {path}")) == set(route.permissions) - NAMELESS
