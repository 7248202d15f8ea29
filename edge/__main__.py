"""`python -m edge` is `darkstore`: how run.sh starts it without installing the project."""

from edge.cli import main

if __name__ == "__main__":
    main()
