"""What every command's exit code says: 2 usage, 3 broker unreachable, 4 database unreachable."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.carts import a_request, guid
from tests.support.command_line import CommandLine, Finished
from worker.embedded.ports import free_ports

BROKER_COMMANDS = (
    ("submit", "cart.json"),
    ("results", "--count", "1"),
    ("topology", "apply"),
    ("topology", "check"),
)
DATABASE_COMMANDS = (
    ("migrate",),
    ("catalog", "list"),
    ("catalog", "import", "catalog.ndjson"),
    ("orders", "list"),
    ("orders", "show", guid()),
    ("carts", "show", guid()),
)
BOTH_COMMANDS = (("run",), ("results", "republish", "--returned"))


WRONG_USAGE = (
    ("nonsense",),
    ("orders", "list", "--nonsense"),
    ("orders", "list", "--customer", "no-guid"),
    ("orders", "show"),
    ("results", "--count", "many"),
    ("results", "republish"),
    ("results", "republish", "--since", "yesterday"),
    ("submit",),
    ("submit", "no-such-file.json"),
    ("submit", "cart.json", "cart.json", "--message-id", "one-for-two"),
    ("submit", "cart.json", "--message-id", ""),
    ("submit", "cart.json", "--source", "é" * 128),
    ("results", "--timeout", "nan"),
    ("results", "--key", "k" * 256),
    ("orders", "list", "--limit", str(2**31)),
    ("orders", "show", b"\xff".decode(errors="surrogateescape")),
)


@pytest.fixture
def nowhere() -> str:
    """A port at which nobody listens."""
    return f"127.0.0.1:{free_ports(1)[0]}"


@pytest.fixture
def files(command_line: CommandLine) -> CommandLine:
    """The command line with the files that the commands name."""
    command_line.file("cart.json", a_request("a").body)
    command_line.file(
        "catalog.ndjson",
        '{"catalogItemId": "i", "title": "t", "billingCycles": ["monthly"], "currencies": ["USD"]}\n',
    )
    return command_line


async def _all(command_line: CommandLine, commands: Sequence[Sequence[str]]) -> dict[str, Finished]:
    """How each command ends, two at a time."""
    places = asyncio.Semaphore(2)

    async def one(command: Sequence[str]) -> Finished:
        async with places:
            return await command_line.run(*command)

    ended = await asyncio.gather(*map(one, commands))
    return {" ".join(command): each for command, each in zip(commands, ended, strict=True)}


def _codes(ended: dict[str, Finished]) -> dict[str, int]:
    return {command: each.code for command, each in ended.items()}


async def test_commands_without_the_broker_url_name_the_setting(files: CommandLine) -> None:
    ended = await _all(files.changed(amqp_url=None), [*BROKER_COMMANDS, *BOTH_COMMANDS])
    assert _codes(ended) == dict.fromkeys(ended, 2)
    assert [command for command, each in ended.items() if "CHECKOUT_AMQP_URL" not in each.err] == []


async def test_commands_without_the_database_url_name_the_setting(files: CommandLine) -> None:
    ended = await _all(files.changed(database_url=None), [*DATABASE_COMMANDS, *BOTH_COMMANDS])
    assert _codes(ended) == dict.fromkeys(ended, 2)
    assert [command for command, each in ended.items() if "CHECKOUT_DATABASE_URL" not in each.err] == []


async def test_a_broker_that_does_not_answer_is_code_3(files: CommandLine, nowhere: str) -> None:
    ended = await _all(files.changed(amqp_url=f"amqp://guest:guest@{nowhere}/"), BROKER_COMMANDS)
    assert _codes(ended) == dict.fromkeys(ended, 3)
    assert [command for command, each in ended.items() if "Traceback" in each.err] == []
    assert [command for command, each in ended.items() if f"({nowhere})" not in each.err] == []


async def test_a_database_that_does_not_answer_is_code_4(files: CommandLine, nowhere: str) -> None:
    ended = await _all(files.changed(database_url=f"postgresql://a:b@{nowhere}/c"), DATABASE_COMMANDS)
    assert _codes(ended) == dict.fromkeys(ended, 4)
    assert [command for command, each in ended.items() if f"({nowhere})" not in each.err] == []
    assert [command for command, each in ended.items() if "Traceback" in each.err] == []


async def test_wrong_credentials_are_told_from_usage(files: CommandLine) -> None:
    amqp = files.environment["CHECKOUT_AMQP_URL"].partition("@")[2]
    database = files.environment["CHECKOUT_DATABASE_URL"].partition("@")[2]
    broker, stored = await asyncio.gather(
        files.changed(amqp_url=f"amqp://nobody:secret-word@{amqp}").run("topology", "check"),
        files.changed(database_url=f"postgresql://nobody:secret-word@{database}").run("orders", "list"),
    )
    assert (broker.code, stored.code) == (3, 4)
    assert "secret-word" not in broker.err + stored.err
    assert "Traceback" not in broker.err + stored.err


async def test_wrong_usage_is_code_2_and_explained(files: CommandLine) -> None:
    ended = await _all(files, WRONG_USAGE)
    assert _codes(ended) == dict.fromkeys(ended, 2)
    assert [command for command, each in ended.items() if not each.err or "Traceback" in each.err] == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("catalog", "half-open"),
        ("batch_size", "0"),
        ("prefetch", "lots"),
        ("default_currency", "dollars"),
        ("amqp_url", "not a url"),
        ("database_url", "postgresql://host:no-port/x"),
        ("failpoint", "nowhere:kill"),
    ],
)
async def test_a_wrong_setting_is_code_2_and_named(files: CommandLine, setting: str, value: str) -> None:
    ended = await files.changed(**{setting: value}).run("run")
    assert ended.code == 2
    assert f"CHECKOUT_{setting.upper()}" in ended.err
    assert "Traceback" not in ended.err


async def test_help_is_no_error(command_line: CommandLine) -> None:
    for_all, for_one = await asyncio.gather(command_line.run("--help"), command_line.run("submit", "--help"))
    assert (for_all.code, for_one.code) == (0, 0)
    assert "Exit codes" in for_all.out
    assert "--message-id" in for_one.out


async def test_a_command_that_needs_no_service_runs_without_any(command_line: CommandLine) -> None:
    alone = command_line.changed(amqp_url=None, database_url=None, management_url=None)
    exported, dry = await asyncio.gather(
        alone.run("topology", "export"),
        alone.run("catalog", "import", "--dry-run", alone.file("one.ndjson", "{}")),
    )
    assert (exported.code, dry.code) == (0, 1)


async def test_a_server_s_certificate_that_nothing_can_verify_is_told(files: CommandLine) -> None:
    database = files.environment["CHECKOUT_DATABASE_URL"]
    verified = files.changed(database_url=f"{database}?sslmode=verify-full")
    ended = await verified.run("orders", "list")
    assert (ended.code, "sslrootcert=" in ended.err) == (2, True)


async def test_a_secret_that_cannot_be_read_is_a_usage_error(files: CommandLine) -> None:
    (files.directory / "secrets").mkdir()
    files.file("secrets/checkout_database_url", b"\xff\xfe")
    ended, missing = await asyncio.gather(
        files.changed(database_url=None, secrets_dir=str(files.directory / "secrets")).run("orders", "list"),
        files.changed(secrets_dir=str(files.directory / "nowhere")).run("orders", "list"),
    )
    assert [each.code for each in (ended, missing)] == [2, 2]
    assert ended.err.startswith("checkout: checkout_database_url in ")
    assert "there is no directory" in missing.err


async def test_a_secret_that_is_a_directory_is_a_usage_error(files: CommandLine) -> None:
    (files.directory / "secrets" / "checkout_database_url").mkdir(parents=True)
    secrets = str(files.directory / "secrets")
    ended = await files.changed(database_url=None, secrets_dir=secrets).run("orders", "list")
    assert ended.code == 2
    assert ended.err.startswith(f"checkout: checkout_database_url in {secrets} cannot be read: ")
    assert "Warning" not in ended.err


async def test_a_url_that_nothing_sets_is_told_with_both_of_its_places(files: CommandLine) -> None:
    secrets = files.directory / "secrets"
    secrets.mkdir()
    ended = await files.changed(database_url=None, secrets_dir=str(secrets)).run("orders", "list")
    assert ended.code == 2
    assert "CHECKOUT_DATABASE_URL is not set" in ended.err
    assert f"checkout_database_url in {secrets}" in ended.err
