"""`checkout carts`: look carts up."""

from collections.abc import Iterator
from uuid import UUID

from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.lines import print_lines
from worker.cli.output import AsJson, console, print_json, print_missing, records
from worker.cli.services import database
from worker.postgres.lookups import Lookups
from worker.postgres.records import Record
from worker.settings import Settings

app = command_group("carts", about="Look up carts.")


@app.command
async def show(cart_id: UUID, /, *, customer: UUID | None = None, json: AsJson = False) -> int:
    """Show a stored cart: its status, its lines and their errors.

    Parameters
    ----------
    cart_id
        The id of the cart.
    customer
        The customer, if several have a cart with this id.
    """
    async with database(Settings.load()) as pool:
        found = await Lookups(pool).carts(str(cart_id), str(customer) if customer else None)
    if not found:
        return print_missing("cart", cart_id, as_json=json)
    if json:
        print_json(records(found))
    else:
        for cart in found:
            _print(cart)
    return Exit.OK


def _print(cart: Record) -> None:
    content = cart["content"]
    console.print(
        f"cart {content['id']} of customer {cart['customer_id']}: {content['status']}, "
        f"version {cart['version']}, expires {content['expirationTimestamp']}"
    )
    rows = list(map(_row, _with_add_ons(content["lineItems"])))
    columns = ("id", "catalogItemId", "quantity", "what")
    print_lines("Line items", columns, rows, whole=("catalogItemId",))


def _row(line: Record) -> tuple[object, ...]:
    told = [line.get(name) for name in ("billingCycle", "termDuration", "currencyCode")]
    group = f"group {line['orderGroup']}" if line.get("orderGroup") else None
    what = ", ".join(filter(None, (*told, group)))
    error = line.get("error")
    problem = f": {error['errorCode']} {error['errorDescription']}" if error else ""
    return line.get("id"), line.get("catalogItemId"), line.get("quantity"), what + problem


def _with_add_ons(lines: list[Record]) -> Iterator[Record]:
    for line in lines:
        yield line
        for addon in line.get("addonItems") or ():
            yield addon | {"catalogItemId": f"+ {addon['catalogItemId']}"}
