"""`checkout`, and `python -m worker`, which is the same."""

import sys

from worker.cli.exit import INTERRUPTED


def main() -> None:
    try:
        # Up to half a second of imports, in which Ctrl-C may come as well.
        from worker.cli.app import main as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
