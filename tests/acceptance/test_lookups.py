"""`checkout orders`, `carts`, `catalog` and `migrate`: what they print, and what they change."""

import asyncio
import json

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import CATALOG, SEATS, STORAGE, WITHDRAWN, Request, a_line, a_request, guid
from tests.support.command_line import CommandLine
from tests.support.database import Database
from worker.postgres.migrate import migrations


@pytest.mark.usefixtures("worker")
async def test_orders_are_listed_and_shown(
    broker: Broker, events: Subscriber, command_line: CommandLine
) -> None:
    one, other = a_request("a", "b"), a_request("c")
    await broker.submit(one, other)
    await events.until(2)
    everything, of_customer, of_cart, limited, plain = await asyncio.gather(
        command_line.run("orders", "list", "--json"),
        command_line.run("orders", "list", "--json", "--customer", one.customer_id),
        command_line.run("orders", "list", "--json", "--cart", other.cart_id),
        command_line.run("orders", "list", "--json", "--limit", "1"),
        command_line.run("orders", "list"),
    )
    assert [each.code for each in (everything, of_customer, of_cart, limited, plain)] == [0] * 5
    assert len(everything.document) == 3
    assert {each["orderGroup"] for each in of_customer.document} == {"a", "b"}
    (order,) = of_cart.document
    assert {name: order[name] for name in ("customerId", "cartId", "orderGroup", "currencyCode")} == {
        "customerId": other.customer_id,
        "cartId": other.cart_id,
        "orderGroup": "c",
        "currencyCode": "USD",
    }
    assert len(limited.document) == 1
    assert all(each["orderId"] in plain.out for each in everything.document)

    shown = await command_line.run("orders", "show", order["orderId"], "--json")
    assert shown.code == 0
    published = [each for event in events.messages for each in json.loads(event.body)["orders"]]
    assert shown.document in published
    assert shown.document["id"] == order["orderId"]


@pytest.mark.usefixtures("worker")
async def test_a_cart_is_shown_with_what_is_wrong_with_its_lines(
    broker: Broker, events: Subscriber, command_line: CommandLine
) -> None:
    good = a_line("good", addonItems=[a_line(item=STORAGE)])
    request = Request(lines=[good, a_line("bad", quantity=301)])
    await broker.submit(request)
    await events.until(1)
    as_json, plain, of_another = await asyncio.gather(
        command_line.run("carts", "show", request.cart_id, "--json"),
        command_line.run("carts", "show", request.cart_id, "--customer", request.customer_id),
        command_line.run("carts", "show", request.cart_id, "--customer", guid()),
    )
    assert (as_json.code, plain.code, of_another.code) == (0, 0, 1)
    (cart,) = as_json.document
    assert (cart["customerId"], cart["cartId"], cart["version"]) == (
        request.customer_id,
        request.cart_id,
        1,
    )
    errors = [line.get("error", {}).get("errorCode") for line in cart["content"]["lineItems"]]
    assert errors == [None, 10010]
    assert "10010" in plain.out
    assert f"+ {STORAGE}" in plain.out
    assert request.cart_id in plain.out


async def test_what_is_not_there_is_a_problem(command_line: CommandLine) -> None:
    order, cart = await asyncio.gather(
        command_line.run("orders", "show", guid()), command_line.run("carts", "show", guid())
    )
    assert (order.code, order.out, cart.code, cart.out) == (1, "", 1, "")
    assert "there is no order" in order.err
    assert "there is no cart" in cart.err


@pytest.mark.parametrize("what", ["order", "cart"])
async def test_what_is_not_there_is_told_as_json_where_asked_for(
    command_line: CommandLine, what: str
) -> None:
    name = guid()
    ended = await command_line.run(f"{what}s", "show", name, "--json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.document == {"problems": [{"name": name, "problem": f"there is no such {what}"}]}


async def test_nothing_to_list_is_an_empty_list(command_line: CommandLine) -> None:
    listed = await command_line.run("orders", "list", "--json")
    assert (listed.code, listed.document) == (0, [])


async def test_the_catalog_is_listed(command_line: CommandLine) -> None:
    as_json, plain = await asyncio.gather(
        command_line.run("catalog", "list", "--json"), command_line.run("catalog", "list")
    )
    assert (as_json.code, plain.code) == (0, 0)
    listed = {each["catalogItemId"]: each for each in as_json.document}
    assert listed.keys() == {each.catalog_item_id for each in CATALOG}
    assert listed[SEATS]["currencies"] == ["USD", "EUR"]
    assert SEATS in plain.out


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--item", SEATS), {SEATS}),
        (("--item", SEATS.lower()), set()),
        (("--search", "lOnGer"), {WITHDRAWN}),
        (("--search", "LD91"), {STORAGE}),
        (("--search", "%"), set()),
    ],
    ids=["id", "id-is-exact", "title", "part-of-id", "no-wildcard"],
)
async def test_catalog_items_are_found(
    command_line: CommandLine, filters: tuple[str, ...], found: set[str]
) -> None:
    listed = await command_line.run("catalog", "list", "--json", *filters)
    assert {each["catalogItemId"] for each in listed.document} == found


async def test_migrate_says_what_it_applies(empty_database: Database, command_line: CommandLine) -> None:
    fresh = command_line.changed(database_url=empty_database.url)
    known = [{"version": each.version, "name": each.name} for each in migrations()]
    dry = await fresh.run("migrate", "--dry-run", "--json")
    assert (dry.code, dry.document) == (0, known)
    assert await empty_database.value("SELECT to_regclass('carts')") is None
    applied, again = await fresh.run("migrate", "--json"), await fresh.run("migrate")
    assert (applied.code, applied.document) == (0, known)
    assert (again.code, again.out) == (0, "the schema is up to date\n")
    await empty_database.execute("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1")
    refused = await fresh.run("migrate")
    assert refused.code == 1
    assert "Migration 1" in refused.err
