"""Tests of SekoiaXDRRunCommand, alone in the platform's container."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRRunCommand as script

FAILURE = [{"Type": 4, "ContentsFormat": "text", "Contents": "host is offline"}]
SUCCESS = [{"Type": 1, "ContentsFormat": "text", "Contents": "ok"}]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is executed; it fails for the value "bad" and raises for "gone"."""
    made: list[tuple[str, dict[str, Any]]] = []

    def execute(command: str, args: dict[str, Any]) -> list[dict[str, Any]]:
        made.append((command, args))
        if "gone" in args.values():
            raise ValueError("Unsupported Command")
        return FAILURE if "bad" in args.values() else SUCCESS

    monkeypatch.setattr(demisto, "executeCommand", execute, raising=False)
    return made


def run(**more: Any) -> Any:
    return script.run_command({"command": "isolate", "argument": "host", **more})


def test_command_is_run_once_for_each_value_with_the_further_arguments(calls: list[Any]) -> None:
    run(values="a, b,a", more='{"using": "edr"}')
    assert calls == [("isolate", {"using": "edr", "host": "a"}), ("isolate", {"using": "edr", "host": "b"})]


def test_value_with_signs_stays_one_value(calls: list[Any]) -> None:
    run(values=['x" using="other'])
    assert calls == [("isolate", {"host": 'x" using="other'})]


def test_failure_does_not_stop_the_others(calls: list[Any]) -> None:
    found = run(values=["bad", "gone", "good"]).outputs
    assert [(one["value"], one["done"], one["error"]) for one in found] == [
        ("bad", False, "host is offline"),
        ("gone", False, "Unsupported Command"),
        ("good", True, ""),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"values": "a", "command": "isolate host=1"}, "is no name of a command"),
        ({"values": "a", "command": ""}, "is no name of a command"),
        ({"values": "a", "more": "using=x"}, "more is no JSON"),
        ({"values": "a", "more": "[1]"}, "no JSON object"),
        ({"values": " , "}, "values is empty"),
        ({"values": "a,b,c", "limit": "2"}, "limit allows 2"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_run(calls: list[Any], given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run(**given)
    assert calls == []


def test_text_of_a_value_cannot_leave_its_cell(calls: list[Any]) -> None:
    shown = run(values=["a|b\n<img>`"]).readable_output
    assert "| a&#124;b &#60;img&#62;&#96; | Done |" in shown


@pytest.mark.parametrize(("value", "ends_in_error"), [("good", False), ("bad", True)])
def test_entry_is_shown_and_an_error_follows_when_a_run_failed(
    calls: list[Any], monkeypatch: pytest.MonkeyPatch, value: str, ends_in_error: bool
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(demisto, "args", lambda: {"command": "isolate", "argument": "host", "values": value})
    monkeypatch.setattr(script, "return_results", shown.append)
    monkeypatch.setattr(script, "return_error", lambda text: shown.append(text))
    script.main()
    assert len(shown) == 1 + ends_in_error
    assert not ends_in_error or "failed for bad" in shown[1]
