"""`checkout orders`: look orders up."""

from typing import Annotated, Any
from uuid import UUID

from cyclopts import Parameter

from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.lines import print_lines
from worker.cli.output import AsJson, Limit, print_json, print_missing, records
from worker.cli.services import database
from worker.postgres.lookups import Lookups
from worker.settings import Settings

app = command_group("orders", about="Look up orders.")


@app.command(name="list")
async def list_orders(
    *, customer: UUID | None = None, cart: UUID | None = None, limit: Limit = 50, json: AsJson = False
) -> None:
    """List orders, newest first.

    Parameters
    ----------
    customer
        Only orders of this customer.
    cart
        Only orders of this cart.
    limit
        List at most this many.
    """
    async with database(Settings.load()) as pool:
        rows = await Lookups(pool).orders(_text(customer), _text(cart), limit)
    if json:
        print_json(records(rows))
        return
    title = f"Orders, the newest {len(rows):,}" if rows else "No orders"
    print_lines(title, ("orderId", "cartId", "what"), list(map(_row, records(rows))))


def _row(order: dict[str, Any]) -> tuple[object, ...]:
    what = f"{order['billingCycle']}, {order['currencyCode']}, group {order['orderGroup']}"
    return order["orderId"], order["cartId"], what


def _text(identifier: UUID | None) -> str | None:
    return str(identifier) if identifier else None


@app.command
async def show(
    order_id: UUID,
    /,
    *,
    json: Annotated[AsJson, Parameter(help="Print JSON, even if there is no such order.")] = False,
) -> int:
    """Show one order as it was published.

    Parameters
    ----------
    order_id
        The id of the order.
    """
    async with database(Settings.load()) as pool:
        order = await Lookups(pool).order(str(order_id))
    if order is None:
        return print_missing("order", order_id, as_json=json)
    print_json(order)
    return Exit.OK
