"""`python -m worker` is `checkout`."""

from worker.cli.app import main

if __name__ == "__main__":
    main()
