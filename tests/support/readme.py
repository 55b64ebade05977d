"""Parts of the README that are made from the code."""

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def block(name: str) -> str:
    """What stands between `<!-- NAME -->` and `<!-- /NAME -->`."""
    _, _, rest = README.read_text("utf-8").partition(f"<!-- {name} -->\n")
    written, _, _ = rest.partition(f"\n<!-- /{name} -->")
    return written
