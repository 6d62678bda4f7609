"""``python -m tsx``: the command, also where another program called ``tsx`` comes first on the PATH."""

from tsx.cli import main

if __name__ == "__main__":
    main()
