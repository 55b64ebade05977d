"""`checkout topology`: made once, compared, and exported."""

import json
from typing import Any

import aiormq
import pytest
from yarl import URL

from tests.support.broker import connected_broker
from tests.support.carts import a_request
from tests.support.command_line import CommandLine
from tests.support.management import ManagementApi

QUEUES = ("cart.checkout", "cart.update", "cart.dead-letters")


@pytest.fixture
def fresh(command_line: CommandLine, vhost: str) -> CommandLine:
    """The command line with a broker that has no topology."""
    return command_line.changed(amqp_url=vhost)


def _name(url: str) -> str:
    return URL(url).path.removeprefix("/")


def _comparable(definitions: dict[str, Any]) -> dict[str, list[str]]:
    kinds = {
        "exchanges": ("name", "type", "durable"),
        "queues": ("name", "durable"),
        "bindings": ("source", "destination"),
    }
    return {
        kind: sorted(
            json.dumps(
                [each["arguments"], each.get("routing_key"), *(each[n] for n in names)], sort_keys=True
            )
            for each in definitions[kind]
        )
        for kind, names in kinds.items()
    }


async def test_applying_twice_changes_nothing(
    fresh: CommandLine, vhost: str, management: ManagementApi
) -> None:
    first = await fresh.run("topology", "apply")
    made = await management.definitions(_name(vhost))
    second = await fresh.run("topology", "apply")
    assert (first.code, second.code) == (0, 0)
    assert await management.definitions(_name(vhost)) == made
    assert {each["name"] for each in made["queues"]} == set(QUEUES)
    assert {each["arguments"]["x-queue-type"] for each in made["queues"]} == {"quorum"}
    assert {each["name"]: each["type"] for each in made["exchanges"]} == {
        "cart.commands": "direct",
        "checkout.results": "topic",
        "cart.dead-letters": "fanout",
    }


async def test_a_dry_run_makes_nothing(fresh: CommandLine, vhost: str, management: ManagementApi) -> None:
    dry = await fresh.run("topology", "apply", "--dry-run")
    assert dry.code == 0
    assert "cart.checkout" in dry.out
    assert (await management.definitions(_name(vhost)))["queues"] == []
    assert {line.partition(":")[0] for line in dry.out.splitlines()} == {"would declare"}


async def test_a_dry_run_tells_what_is_there_from_what_would_be_made(fresh: CommandLine, vhost: str) -> None:
    await fresh.run("topology", "apply")
    async with connected_broker(vhost) as broker:
        await broker.give_up("cart.update")
    dry = ("topology", "apply", "--dry-run")
    lines = (await fresh.run(*dry)).out.splitlines()
    binding = "binding cart.commands -> cart.update (cart.update)"
    assert [line for line in lines if not line.startswith("ok: ")] == [
        "would declare: queue cart.update",
        f"would declare: {binding}",
    ]
    assert len(lines) == 9
    unmanaged = (await fresh.changed(management_url=None).run(*dry)).out.splitlines()
    assert unmanaged[-1] == f"not seen: {binding}"


async def test_an_apply_names_the_kind_of_all_that_it_made(fresh: CommandLine) -> None:
    made = (await fresh.run("topology", "apply")).out.splitlines()
    assert made == [
        "ok: exchange cart.dead-letters",
        "ok: exchange cart.commands",
        "ok: exchange checkout.results",
        "ok: queue cart.dead-letters",
        "ok: queue cart.checkout",
        "ok: queue cart.update",
        "ok: binding cart.dead-letters -> cart.dead-letters",
        "ok: binding cart.commands -> cart.checkout (cart.checkout)",
        "ok: binding cart.commands -> cart.update (cart.update)",
    ]


async def test_check_finds_nothing_wrong_with_what_apply_made(fresh: CommandLine) -> None:
    await fresh.run("topology", "apply")
    checked = await fresh.run("topology", "check", "--json")
    assert checked.code == 0
    assert checked.document["problems"] == []
    assert checked.document["notSeen"] == []
    assert checked.document["brokerVersion"]


async def test_check_says_what_it_could_not_see(fresh: CommandLine) -> None:
    await fresh.run("topology", "apply")
    checked = await fresh.changed(management_url=None).run("topology", "check", "--json")
    assert checked.code == 0
    assert any("CHECKOUT_MANAGEMENT_URL" in each for each in checked.document["notSeen"])


async def test_check_names_all_that_is_missing(fresh: CommandLine) -> None:
    checked = await fresh.run("topology", "check", "--json")
    assert checked.code == 1
    problems = "\n".join(checked.document["problems"])
    for name in (*QUEUES, "cart.commands", "checkout.results"):
        assert name in problems


async def test_check_without_the_management_api_finds_what_is_missing(fresh: CommandLine) -> None:
    checked = await fresh.changed(management_url=None).run("topology", "check")
    assert checked.code == 1
    assert "checkout topology apply" in checked.out + checked.err


async def test_check_finds_a_missing_binding(fresh: CommandLine, vhost: str) -> None:
    await fresh.run("topology", "apply")
    async with connected_broker(vhost) as broker:
        await broker.unbind("cart.checkout", "cart.commands", "cart.checkout")
    checked = await fresh.run("topology", "check", "--json")
    assert checked.code == 1
    (problem,) = checked.document["problems"]
    assert "cart.commands -> cart.checkout" in problem


async def _remade(url: str, queue: str, arguments: dict[str, Any]) -> None:
    connection = await aiormq.connect(url)
    try:
        channel = await connection.channel()
        await channel.queue_delete(queue)
        await channel.queue_declare(queue, durable=True, arguments=arguments)
    finally:
        await connection.close()


async def test_check_and_apply_report_a_queue_with_other_arguments(fresh: CommandLine, vhost: str) -> None:
    await fresh.run("topology", "apply")
    other = {"x-queue-type": "quorum", "x-delivery-limit": 5}
    await _remade(vhost, "cart.checkout", other)
    checked = await fresh.run("topology", "check", "--json")
    assert checked.code == 1
    problems = "\n".join(checked.document["problems"])
    assert "x-delivery-limit = 5" in problems
    assert "x-dead-letter-exchange" in problems

    applied = await fresh.run("topology", "apply")
    assert applied.code == 1
    assert "cart.checkout exists with other arguments" in applied.err.replace("\n", " ")


async def test_an_export_that_a_broker_loads_is_what_apply_makes(
    fresh: CommandLine, vhost: str, management: ManagementApi
) -> None:
    major = (await fresh.run("topology", "check", "--json")).document["brokerVersion"].partition(".")[0]
    exported = await fresh.run("topology", "export", "--broker-major", major)
    assert exported.code == 0
    await management.import_definitions(_name(vhost), exported.document)
    imported = await management.definitions(_name(vhost))
    assert (await fresh.run("topology", "check")).code == 0

    await fresh.run("topology", "apply")
    assert await management.definitions(_name(vhost)) == imported
    assert _comparable(exported.document) == _comparable(imported)


@pytest.mark.parametrize(
    ("url", "arguments", "vhost"),
    [
        ("amqp://host/checkout", [], "checkout"),
        ("amqp://host/%2F", [], "/"),
        ("amqp://host", [], "/"),
        (None, [], "/"),
        (None, ["--vhost", "other"], "other"),
        ("amqp://host/checkout", ["--vhost", "other"], "other"),
    ],
)
async def test_an_export_is_for_the_virtual_host_of_the_url_unless_told_otherwise(
    command_line: CommandLine, url: str | None, arguments: list[str], vhost: str
) -> None:
    exported = await command_line.changed(amqp_url=url).run("topology", "export", *arguments)
    assert exported.code == 0
    assert {each["vhost"] for kind in exported.document.values() for each in kind} == {vhost}


async def test_an_export_for_a_newer_broker_never_limits_deliveries_of_dead_letters(
    command_line: CommandLine,
) -> None:
    exported = (await command_line.run("topology", "export", "--broker-major", "4")).document
    limits = {each["name"]: each["arguments"].get("x-delivery-limit") for each in exported["queues"]}
    assert limits == {"cart.checkout": 100, "cart.update": 100, "cart.dead-letters": -1}
    older = (await command_line.run("topology", "export", "--broker-major", "3")).document
    assert {each["name"]: each["arguments"].get("x-delivery-limit") for each in older["queues"]} == {
        "cart.checkout": 100,
        "cart.update": 100,
        "cart.dead-letters": None,
    }


async def test_what_apply_made_routes_commands_and_keeps_mistyped_ones(
    fresh: CommandLine, vhost: str
) -> None:
    await fresh.run("topology", "apply")
    async with connected_broker(vhost) as broker:
        for key in ("cart.checkout", "cart.update", "cart.nothing"):
            await broker.publish(a_request("a").body, key=key)
        assert {queue: await broker.ready(queue) for queue in QUEUES} == dict.fromkeys(QUEUES, 1)
