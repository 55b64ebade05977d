"""`checkout check`: each thing that can be wrong, one at a time, with its exit code."""

from collections.abc import Mapping

import pytest
from yarl import URL

from tests.support.broker import connected_broker
from tests.support.command_line import CommandLine, Finished
from tests.support.database import Database
from worker.embedded.ports import free_ports


async def _checked(command_line: CommandLine) -> tuple[int, Mapping[str, str]]:
    """The exit code, and the text of every look that found something wrong."""
    checked: Finished = await command_line.run("check", "--json")
    looks = {"settings", "broker", "topology", "database", "rights", "catalog"}
    assert {each["name"] for each in checked.document} == looks
    return checked.code, {each["name"]: each["text"] for each in checked.document if not each["ok"]}


async def test_all_is_well(command_line: CommandLine) -> None:
    assert await _checked(command_line) == (0, {})
    plain = await command_line.run("check")
    assert plain.code == 0
    assert "wrong" not in plain.out


async def test_a_broker_that_does_not_answer(command_line: CommandLine) -> None:
    away = command_line.changed(amqp_url=f"amqp://guest:guest@127.0.0.1:{free_ports(1)[0]}/")
    code, wrong = await _checked(away)
    assert (code, set(wrong)) == (3, {"broker", "topology"})


async def test_a_database_that_does_not_answer(command_line: CommandLine) -> None:
    away = command_line.changed(database_url=f"postgresql://a:b@127.0.0.1:{free_ports(1)[0]}/c")
    code, wrong = await _checked(away)
    assert (code, set(wrong)) == (4, {"database", "rights", "catalog"})


@pytest.mark.parametrize(
    ("setting", "looks"),
    [("amqp_url", {"broker", "topology"}), ("database_url", {"database", "rights", "catalog"})],
)
async def test_a_missing_url(command_line: CommandLine, setting: str, looks: set[str]) -> None:
    code, wrong = await _checked(command_line.changed(**{setting: None}))
    assert (code, set(wrong)) == (2, looks)
    assert all(f"CHECKOUT_{setting.upper()}" in text for text in wrong.values())


async def test_a_missing_schema(command_line: CommandLine, empty_database: Database) -> None:
    code, wrong = await _checked(command_line.changed(database_url=empty_database.url))
    assert code == 1
    assert "checkout migrate" in wrong["database"]


async def test_a_missing_topology(command_line: CommandLine, vhost: str) -> None:
    code, wrong = await _checked(command_line.changed(amqp_url=vhost))
    assert (code, set(wrong)) == (1, {"topology"})
    assert "checkout topology apply" in wrong["topology"]


async def test_a_missing_binding(command_line: CommandLine, vhost: str) -> None:
    fresh = command_line.changed(amqp_url=vhost)
    await fresh.run("topology", "apply")
    async with connected_broker(vhost) as broker:
        await broker.unbind("cart.dead-letters", "cart.dead-letters")
    code, wrong = await _checked(fresh)
    assert (code, set(wrong)) == (1, {"topology"})
    assert "binding" in wrong["topology"]


async def test_a_management_api_that_does_not_answer(command_line: CommandLine) -> None:
    away = command_line.changed(management_url=f"http://guest:guest@127.0.0.1:{free_ports(1)[0]}")
    code, wrong = await _checked(away)
    assert (code, set(wrong)) == (3, {"topology"})


async def test_an_empty_catalog(command_line: CommandLine, database: Database) -> None:
    await database.execute("DELETE FROM catalog_items")
    code, wrong = await _checked(command_line)
    assert (code, set(wrong)) == (1, {"catalog"})
    assert "checkout catalog import" in wrong["catalog"]
    assert await _checked(command_line.changed(catalog="open")) == (0, {})


async def test_a_wrong_setting(command_line: CommandLine) -> None:
    wrong = await command_line.changed(batch_size="none").run("check")
    assert wrong.code == 2
    assert "CHECKOUT_BATCH_SIZE" in wrong.err


async def test_a_management_api_that_refuses_its_user(command_line: CommandLine) -> None:
    url = URL(command_line.environment["CHECKOUT_MANAGEMENT_URL"]).with_password("not the password")
    code, wrong = await _checked(command_line.changed(management_url=str(url)))
    assert (code, set(wrong)) == (3, {"topology"})
    assert "the tag `management`" in wrong["topology"]


async def test_a_setting_that_is_misspelt(command_line: CommandLine) -> None:
    code, wrong = await _checked(command_line.changed(prefech="1", service_host="10.0.0.1"))
    assert (code, set(wrong)) == (1, {"settings"})
    assert "SERVICE" not in wrong["settings"]
    assert "CHECKOUT_PREFECH" in wrong["settings"]


async def test_a_secret_that_is_misspelt(command_line: CommandLine) -> None:
    secrets = command_line.directory / "secrets"
    secrets.mkdir()
    for name in ("checkout_batch_size", "checkout_amqp_ulr", "others"):
        command_line.file(f"secrets/{name}", "1")
    code, wrong = await _checked(command_line.changed(secrets_dir=str(secrets)))
    assert (code, set(wrong)) == (1, {"settings"})
    assert wrong["settings"] == f"unknown settings: checkout_amqp_ulr in {secrets}; check the spelling"


async def test_an_address_that_the_worker_would_refuse(command_line: CommandLine) -> None:
    code, wrong = await _checked(command_line.changed(http_address="9090"))
    assert (code, set(wrong)) == (2, {"settings"})
    assert "CHECKOUT_HTTP_ADDRESS" in wrong["settings"]


async def test_a_database_that_takes_no_writes(command_line: CommandLine, database: Database) -> None:
    name = URL(database.url).path.removeprefix("/")
    await database.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    code, wrong = await _checked(command_line)
    assert (code, set(wrong)) == (4, {"database"})
    assert "read-only" in wrong["database"]
