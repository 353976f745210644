"""Where the command line begins and ends: errors and interruptions become one line and an exit code."""

from __future__ import annotations

import io
import os
import sys

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

_TRACEBACK_VARIABLE = "REELMEND_TRACEBACK"


class Terminated(BaseException):
    """SIGTERM or SIGHUP came in the middle of something that has to be cleaned up."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its code.

    0: done. 1: it failed, or found something broken. 2: wrong usage, or a value out of range. 130: interrupted by
    Ctrl-C. 143: terminated. With REELMEND_TRACEBACK=1 an error's traceback is shown too.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that can't show "×" is no reason to fail
    try:
        code = _run(arguments)
        sys.stdout.flush()  # while a broken pipe can still be told from a defect
        sys.exit(code)
    except KeyboardInterrupt:
        _leave("interrupted", EXIT_INTERRUPTED)
    except Terminated:
        _leave("terminated", EXIT_TERMINATED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)


def _run(arguments: list[str] | None) -> int:
    from reelmend.cli.app import invoke  # within reach of Ctrl-C, for its imports take a while
    from reelmend.errors import BadRequestError, ReelmendError

    try:
        return invoke(arguments)
    except ReelmendError as error:
        return _failed(error, str(error), EXIT_USAGE if isinstance(error, BadRequestError) else EXIT_FAILED)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(error, f"{where}{error.strerror or error}; check the path and its permissions", EXIT_FAILED)
    except Exception as error:
        what = f"internal error ({type(error).__name__}: {error}); run it with {_TRACEBACK_VARIABLE}=1 and report it"
        return _failed(error, what, EXIT_FAILED)


def _failed(error: Exception, message: str, code: int) -> int:
    if os.environ.get(_TRACEBACK_VARIABLE) == "1":
        import traceback

        traceback.print_exception(error)
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return code


def _leave(word: str, code: int) -> None:
    print(word, file=sys.stderr)
    sys.exit(code)
