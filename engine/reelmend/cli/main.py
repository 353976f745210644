"""Where the command line begins and ends: errors and interruptions become one line and an exit code."""

from __future__ import annotations

import io
import os
import sys

from reelmend.cli.error_output import show_end, show_error, wants_json

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

_TRACEBACK_VARIABLE = "REELMEND_TRACEBACK"


class Terminated(BaseException):
    """SIGTERM or SIGHUP came in the middle of something that has to be cleaned up."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its code.

    0: done. 1: it failed, or found something broken. 2: wrong usage, an unknown name, or a value out of range. 130:
    interrupted by Ctrl-C. 143: terminated. With REELMEND_TRACEBACK=1 an error's traceback is shown too. With --json,
    stdout gets one JSON object however it ends: {"error": {"message", "kind", "exit_code"}} for an error.
    """
    as_json = wants_json(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that can't show "×" is no reason to fail
    try:
        code = _run(arguments, as_json)
        sys.stdout.flush()  # while a broken pipe can still be told from a defect
        sys.exit(code)
    except KeyboardInterrupt:
        _leave("interrupted", EXIT_INTERRUPTED, as_json)
    except Terminated:
        _leave("terminated", EXIT_TERMINATED, as_json)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)


def _run(arguments: list[str] | None, as_json: bool) -> int:
    from reelmend.cli.app import invoke  # within reach of Ctrl-C, for its imports take a while
    from reelmend.errors import BadRequestError, ReelmendError, UnknownNameError

    try:
        return invoke(arguments)
    except ReelmendError as error:
        code = EXIT_USAGE if isinstance(error, BadRequestError | UnknownNameError) else EXIT_FAILED
        return _failed(error, str(error), code, as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        what = f"{where}{error.strerror or error}; check the path and its permissions"
        return _failed(error, what, EXIT_FAILED, as_json)
    except Exception as error:
        what = f"internal error ({type(error).__name__}: {error}); run it with {_TRACEBACK_VARIABLE}=1 and report it"
        return _failed(error, what, EXIT_FAILED, as_json)


def _failed(error: Exception, message: str, code: int, as_json: bool) -> int:
    if os.environ.get(_TRACEBACK_VARIABLE) == "1":
        import traceback

        traceback.print_exception(error)
    show_error(" ".join(message.split()), type(error).__name__, code, as_json=as_json)
    return code


def _leave(word: str, code: int, as_json: bool) -> None:
    show_end(word, code, as_json=as_json)
    sys.exit(code)
