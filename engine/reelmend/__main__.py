"""`python -m reelmend`: the command line, also where no script was installed."""

from reelmend.cli.main import main

if __name__ == "__main__":
    main()
