"""The list of commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reelmend import __version__
from reelmend.cli import analyze, bench, damage, doctor, models, ofx, render, repair, report, serve
from reelmend.cli.main import EXIT_INTERRUPTED, EXIT_USAGE
from reelmend.cli.output import CommandResult, show
from reelmend.errors import BadRequestError

_HELP = "Mend old film: the engine behind the OpenFX node, and the same effects on the command line."

app = typer.Typer(
    name="reelmend",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(render.render)
app.command(cls=repair.RepairCommand)(repair.repair)
app.command()(analyze.analyze)
app.command()(report.report)
app.command()(damage.damage)
app.command()(serve.serve)
app.command()(models.models)
app.command()(doctor.doctor)
app.add_typer(bench.app, name="bench")
app.add_typer(ofx.app, name="ofx")


def invoke(arguments: list[str] | None = None) -> int:
    """Run one command, print its result and return the exit code. Raises BadRequestError for wrong usage."""
    command = typer.main.get_command(app)
    try:
        outcome = command.main(arguments, prog_name="reelmend", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help has been printed
            return EXIT_USAGE
        raise _usage_error(error) from None
    if isinstance(outcome, CommandResult):
        show(outcome)
        return outcome.exit_code
    if outcome == EXIT_INTERRUPTED:  # what typer makes of Ctrl-C
        raise KeyboardInterrupt
    return outcome if isinstance(outcome, int) else 0


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"reelmend {__version__}")
        raise typer.Exit


@app.callback(help=_HELP)
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take what is not a command's own; the help text is _HELP."""


def _usage_error(error: Any) -> Exception:
    """Return what the parser says as one line; other errors as they are."""
    if not hasattr(error, "format_message"):
        return error if isinstance(error, Exception) else RuntimeError(str(error))
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "reelmend"
    return BadRequestError(f"{error.format_message().rstrip('.')}; '{path} --help' says what it takes")
