"""`python -m tfpartial VERB …`."""

from tfpartial.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
