"""A long proof goes on where it was stopped, and begins nothing new after a broken promise."""

from pathlib import Path

import pytest

from tests.portions import Proof


def proof(monkeypatch: pytest.MonkeyPatch, broken: int) -> tuple[Proof, list[int]]:
    """A proof of portions of ten whose portion `broken` fails; and the portions that were started."""
    started: list[int] = []

    class Process:
        def __init__(self, seed: int, results: Path) -> None:
            self.returncode = int(seed == broken)
            results.write_text("{}")

        def communicate(self) -> tuple[str, None]:
            return "the output", None

    def start(self: Proof, seed: int, count: int, results: Path) -> Process:
        started.append(seed)
        assert count == 10
        return Process(seed, results)

    monkeypatch.setattr(Proof, "start", start)
    return Proof("any", "test.py", "ANY", 10, ()), started


def test_portions_that_were_played_are_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, started = proof(monkeypatch, broken=-1)
    assert one.play(25, 1, tmp_path)
    assert one.play(35, 1, tmp_path)
    assert started == [0, 1, 2, 3]


def test_broken_promise_ends_it_and_leaves_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, started = proof(monkeypatch, broken=1)
    assert not one.play(40, 1, tmp_path)
    assert started == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["0000.json"]
    assert "the outputportion 1: ended with 1" in capsys.readouterr().out
