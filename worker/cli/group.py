"""A group of commands."""

from importlib.metadata import version

from cyclopts import App


def command_group(name: str, *, about: str) -> App:
    # Without a version, cyclopts 5.4 tells its own.
    return App(name=name, help=about, version=version("cart-checkout-worker"))
