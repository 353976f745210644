"""The command line: one file per command. Commands return results; `output` prints them, `main` sets exit codes."""
