"""Train this project's networks. Each training is seeded, can be stopped at any time, and goes on with --resume."""

from __future__ import annotations

import argparse
import sys

from reelmend.errors import ReelmendError
from reelmend_models.training.deflicker import command as deflicker
from reelmend_models.training.repair import command as repair

PROGRAM = "python -m reelmend_models.training"
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Return 0, 1 on an error, INTERRUPTED after Ctrl-C."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    deflicker.add_commands(commands)
    repair.add_commands(commands)
    given = parser.parse_args(arguments)
    try:
        return int(given.run(given))
    except ReelmendError as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("training: stopped; the same command with --resume goes on from here", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
