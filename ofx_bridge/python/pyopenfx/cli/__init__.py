"""`python -m pyopenfx`: list, describe and render from the command line."""
