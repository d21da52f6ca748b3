"""The lab's tests run in two halves: what one of them finds is never lost in the exit code of both."""

import signal

import pytest

from tools import lab_tests


@pytest.mark.parametrize(
    ("journeys", "rest", "judged", "code"),
    [
        (0, 0, 0, 0),
        (0, 0, lab_tests.NOTHING_COLLECTED, 0),
        (1, 0, 0, 1),
        (0, 1, 0, 1),
        (lab_tests.NOTHING_COLLECTED, 0, 0, 1),
        (0, -signal.SIGKILL, 0, 1),
        (0, 0, 1, 1),
        (0, 0, -signal.SIGSEGV, 1),
    ],
)
def test_exit_code_tells_what_any_part_found(
    monkeypatch: pytest.MonkeyPatch, journeys: int, rest: int, judged: int, code: int
) -> None:
    codes = {lab_tests.HALVES[0]: journeys, lab_tests.HALVES[1]: rest, lab_tests.JUDGE: judged}
    monkeypatch.setattr(lab_tests, "run", lambda tests, arguments, extra: codes[tests])
    assert lab_tests.main([]) == code


def test_process_that_fails_has_its_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert lab_tests.run(("tests/repository/no_such_file.py",), ["-q"], {}) == 4
    assert "no_such_file.py" in capsys.readouterr().out
