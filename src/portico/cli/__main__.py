"""`python -m portico.cli`."""

from portico.cli.main import main

if __name__ == "__main__":
    main()
