"""Entry point of `python -m pyopenfx`."""

from .cli.main import main

if __name__ == "__main__":
    main()
