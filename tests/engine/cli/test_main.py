"""What holds for every command: exit codes, one line for an error, no traceback."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reelmend import __version__

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_version_is_printed(reelmend: Run) -> None:
    done = reelmend("--version")
    assert (done.stdout, done.returncode) == (f"reelmend {__version__}\n", 0)


def test_no_command_shows_the_list_and_is_wrong_usage(reelmend: Run) -> None:
    done = reelmend()
    assert done.returncode == 2
    for command in ("render", "serve", "models", "doctor", "ofx"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xyzzy"], "error: No such command 'xyzzy'; 'reelmend --help' says what it takes\n"),
        (["render"], "error: Missing argument 'IN'; 'reelmend render --help' says what it takes\n"),
        (["models", "--xml"], "error: No such option: --xml; 'reelmend models --help' says what it takes\n"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(reelmend: Run, arguments: list[str], message: str) -> None:
    done = reelmend(*arguments)
    assert (done.stderr, done.stdout, done.returncode) == (message, "", 2)


def test_traceback_is_shown_on_demand_only(reelmend: Run) -> None:
    arguments = ("render", "gone.mp4", "out.mp4", "--effect", "deflicker")
    assert reelmend(*arguments).stderr == "error: gone.mp4 does not exist; check the path\n"
    shown = reelmend(*arguments, extra={"REELMEND_TRACEBACK": "1"}).stderr
    assert "Traceback" in shown
    assert shown.endswith("error: gone.mp4 does not exist; check the path\n")


def test_terminal_without_unicode_is_no_reason_to_fail(reelmend: Run) -> None:
    done = reelmend("render", "no…such.mp4", "out.mp4", "--effect", "deflicker", extra={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (1, "error: no?such.mp4 does not exist; check the path\n")


def test_reader_that_goes_away_is_no_error_message(environment: dict[str, str], tmp_path: Path) -> None:
    command = f"{sys.executable} -m reelmend models --json | true"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
