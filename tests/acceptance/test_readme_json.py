"""`--json`, as README says it: what is on standard output for each exit code."""

from yarl import URL

from tests.support.carts import guid
from tests.support.command_line import CommandLine
from worker.embedded.ports import free_ports


async def test_standard_output_is_json_for_0_and_1_and_empty_where_nothing_could_be_looked_at(
    command_line: CommandLine,
) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    without_database = command_line.changed(database_url=f"postgresql://a:b@{nowhere}/c")
    database = URL(command_line.environment["CHECKOUT_DATABASE_URL"])
    without_schema = command_line.changed(database_url=str(database.with_path("/postgres")))

    found = await command_line.run("orders", "list", "--json")
    missing = await command_line.run("orders", "show", guid(), "--json")
    wrong = await command_line.run("orders", "list", "--nonsense", "--json")
    away = await without_database.run("orders", "list", "--json")
    unmigrated = await without_schema.run("orders", "list", "--json")

    assert (found.code, found.document) == (0, [])
    assert (missing.code, list(missing.document)) == (1, ["problems"])
    assert [each.code for each in (wrong, away, unmigrated)] == [2, 4, 1]
    assert [each.out for each in (wrong, away, unmigrated)] == ["", "", ""]
    assert all(each.err for each in (wrong, away, unmigrated))


async def test_a_check_prints_its_findings_with_every_code(command_line: CommandLine) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"

    checked = await command_line.changed(amqp_url=f"amqp://a:b@{nowhere}/").run("check", "--json")

    assert checked.code == 3
    assert {each["name"]: each["ok"] for each in checked.document}["broker"] is False
