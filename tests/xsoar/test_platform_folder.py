"""A folder with other platform sources takes the place of the stand-ins."""

import json
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.xsoar.bundle import Bundle
from lab.xsoar.host import Host
from tests.xsoar.acme_pack import INTEGRATION, KEY

SOURCE = """
from __future__ import print_function
import demistomock as demisto
import helper_beside
import json, time
def __line__(): return 0
def register_module_line(*args): pass
def polling_function(*args, **kwargs): return lambda function: function
def return_results(results): demisto.results(results + helper_beside.WORD)
def return_error(message, error=None): raise Exception(message)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A platform of a few lines, with a module beside it."""
    (tmp_path / "CommonServerPython.py").write_text(SOURCE)
    (tmp_path / "demistomock.py").write_text("raise RuntimeError('the mock is never imported in a run')")
    (tmp_path / "helper_beside.py").write_text("import helper_deeper\nWORD = helper_deeper.WORD")
    (tmp_path / "helper_deeper.py").write_text("WORD = '!'")
    return tmp_path


def test_other_platform_sources_are_used(acme: Bundle, folder: Path) -> None:
    host = Host(acme, ":memory:", Clock(), platform=folder)
    instance = host.add_instance(INTEGRATION, "one", {"credentials": {"password": KEY}})

    assert host.test(instance).message == "ok!"
    host.close()


def test_fetch_works_on_other_platform_sources(acme: Bundle, folder: Path) -> None:
    host = Host(acme, ":memory:", Clock(), platform=folder)
    feed = json.dumps([{"id": "1", "title": "a"}])
    instance = host.add_instance(INTEGRATION, "one", {"credentials": {"password": KEY}, "feed": feed})

    assert len(host.fetch(instance).created) == 1
    host.close()
