"""`python -m poolhouse`: the command line."""

from poolhouse.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
