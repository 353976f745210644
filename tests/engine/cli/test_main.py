"""What holds for every command: exit codes, one line for an error, no traceback."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--effect", "sharpen"], "no effect 'sharpen'; there is deflicker, model"),
        (["--effect", "deflicker", "--model", "sharpen"], "no model 'sharpen'; there is "),
        (
            ["--effect", "deflicker", "--output", "sharp"],
            "effect 'deflicker' has no output 'sharp'; it has result, gain",
        ),
    ],
)
def test_unknown_name_is_wrong_usage(reelmend: Run, arguments: list[str], message: str) -> None:
    done = reelmend("render", "in.mp4", "out.mp4", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")


def error_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What machines read: one line on stdout. People read the same on stderr."""
    assert done.stdout.count("\n") == 1, done.stdout
    error = json.loads(done.stdout)["error"]
    assert done.stderr == f"error: {error['message']}\n"
    assert done.returncode == error["exit_code"]
    return dict(error)


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (["render", "gone.mp4", "out.mp4", "--effect", "deflicker", "--json"], "MediaError", 1),
        (["render", "gone.mp4", "out.mp4", "--json", "--effect", "sharpen"], "UnknownNameError", 2),
        (["render", "--json"], "BadRequestError", 2),
        (["models", "--json", "--xml"], "BadRequestError", 2),
        (["xyzzy", "--json"], "BadRequestError", 2),
        (["damage", "a.mp4", "b.mp4", "--json"], "BadRequestError", 2),
        (["report", "gone.mp4", "gone.mp4", "-o", "r.html", "--json"], "MediaError", 1),
        (["ofx", "uninstall", "--user", "none", "--json"], "NotFoundError", 1),
    ],
)
def test_error_of_a_json_run_is_json_too(reelmend: Run, arguments: list[str], kind: str, code: int) -> None:
    error = error_object(reelmend(*arguments))
    assert (error["kind"], error["exit_code"]) == (kind, code)


def test_operand_that_looks_like_the_option_asks_for_nothing(reelmend: Run) -> None:
    done = reelmend("render", "--effect", "deflicker", "--", "--json", "out.mp4")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr.startswith("error: --json does not exist")


@pytest.mark.parametrize(
    ("raised", "word", "code"), [("KeyboardInterrupt", "interrupted", 130), ("main.Terminated", "terminated", 143)]
)
def test_end_of_a_json_run_that_somebody_wanted_is_json_too(
    raised: str, word: str, code: int, environment: dict[str, str]
) -> None:
    script = (
        "from reelmend.cli import app, main\n"
        f"def stopped(arguments): raise {raised}\n"
        "app.invoke = stopped\n"
        "main.main(['models', '--json'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert json.loads(done.stdout) == {"error": {"message": word, "kind": word.capitalize(), "exit_code": code}}
    assert (done.stderr, done.returncode) == (f"{word}\n", code)


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
