"""`checkout dead-letters` as operators use it: groups, list, show and prune."""

import json
from typing import Any, Final

import pytest

from tests.support.archive import archived, history
from tests.support.broker import SOURCE, Broker
from tests.support.carts import Request, a_line, a_request, guid
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from worker.settings import Settings

PERSON: Final = "somebody@example.com"
FINISH: Final = (
    "UPDATE dead_letters SET state = 'discarded' WHERE code = 'not-json';"
    "UPDATE dead_letters SET state = 'resolved', outcome_customer_id = customer_id, outcome_message_id = 'm'"
    " WHERE code = 'contract-violation' AND source = 'other'"
)


def _wrong(**more: Any) -> Request:
    """Breaks the contract at the second line, and names a person."""
    return Request(
        lines=[a_line("a"), a_line("b", quantity=0)],
        customer_id=guid(),
        cart_id=guid(),
        message_id=guid(),
        **more,
    )


@pytest.fixture
async def letters(broker: Broker, database: Database, settings: Settings) -> list[Request]:
    """Two that break the contract in the same way, one that is no JSON, and one without a route."""
    wrong = [_wrong(), _wrong()]
    document = wrong[0].document
    document["cart"]["lastModifiedUser"] = PERSON
    await broker.publish(json.dumps(document).encode(), message_id=wrong[0].message_id, app_id=SOURCE)
    await broker.publish(wrong[1].body, message_id=wrong[1].message_id, app_id="other")
    await broker.publish(b"{'lastModifiedUser': 'x'}", message_id="no-json", app_id=SOURCE)
    unroutable = a_request("needle-group")
    await broker.publish(unroutable.body, key="cart.chekout", message_id=unroutable.message_id, app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 4)
    return [*wrong, unroutable]


async def _listed(command_line: CommandLine, *arguments: str) -> list[dict[str, Any]]:
    finished = await command_line.run("dead-letters", "list", *arguments, "--json")
    assert finished.code == 0, finished.err
    found: list[dict[str, Any]] = finished.document
    return found


async def test_groups_count_what_failed_in_the_same_way(
    letters: list[Request], command_line: CommandLine
) -> None:
    finished = await command_line.run("dead-letters", "groups", "--json")
    found = finished.document
    assert finished.code == 0
    assert (found[0]["code"], found[0]["count"]) == ("contract-violation", 2)
    assert sorted(each["code"] for each in found) == ["contract-violation", "not-json", "unroutable"]
    assert all(each["oldest"] <= each["newest"] for each in found)

    members = await _listed(command_line, "--group", found[0]["fingerprint"])
    assert {each["messageId"] for each in members} == {each.message_id for each in letters[:2]}
    assert (await command_line.run("dead-letters", "groups")).out.count("contract-violation") == 1


async def test_each_filter_finds_what_it_names(letters: list[Request], command_line: CommandLine) -> None:
    first, second, unroutable = letters
    everything = {first.message_id, second.message_id, unroutable.message_id, "no-json"}
    wanted: list[tuple[list[str], set[str]]] = [
        ([], everything),
        (["--code", "not-json"], {"no-json"}),
        (["--customer", first.customer_id], {first.message_id}),
        (["--cart", second.cart_id.upper()], {second.message_id}),
        (["--source", "other"], {second.message_id}),
        (["--state", "parked"], everything),
        (["--state", "discarded"], set()),
        (["--text", "NEEDLE group"], {unroutable.message_id}),
        (["--text", unroutable.cart_id], {unroutable.message_id}),
        (["--text", "needle nowhere"], set()),
        (["--since", "2100-01-01"], set()),
        (["--until", "2100-01-01"], everything),
        (["--until", "2020-01-01"], set()),
        (["--code", "contract-violation", "--source", SOURCE], {first.message_id}),
    ]
    for arguments, expected in wanted:
        assert {each["messageId"] for each in await _listed(command_line, *arguments)} == expected, arguments
    times = [each["lastFailedAt"] for each in await _listed(command_line)]
    assert times == sorted(times, reverse=True)
    assert len(await _listed(command_line, "--limit", "2")) == 2


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("command", ["list", "groups"])
async def test_what_a_limit_cuts_off_is_told(command_line: CommandLine, command: str) -> None:
    cut = await command_line.run("dead-letters", command, "--limit", "2")
    assert "there are more: --limit N lists up to N" in cut.out
    assert len((await command_line.run("dead-letters", command, "--limit", "2", "--json")).document) == 2
    assert "there are more" not in (await command_line.run("dead-letters", command, "--limit", "4")).out


@pytest.mark.parametrize("command", ["list", "groups"])
async def test_where_all_are_settled_it_is_told_how_to_see_them(
    letters: list[Request], command_line: CommandLine, database: Database, command: str
) -> None:
    await database.execute("UPDATE dead_letters SET state = 'discarded'")
    run = ("dead-letters", command)
    assert (await command_line.run(*run)).out == "No unresolved dead letters; --all shows the others\n"
    for other in (["--state", "parked"], ["--code", "not-utf8"]):
        assert (await command_line.run(*run, *other)).out == "No dead letters\n"
    assert len(letters) == 3


@pytest.mark.usefixtures("letters")
async def test_finished_ones_are_listed_when_asked_for(command_line: CommandLine, database: Database) -> None:
    await database.execute(FINISH)
    states = [each["state"] for each in await _listed(command_line)]
    assert states == ["parked", "parked"]
    every = [each["state"] for each in await _listed(command_line, "--all")]
    assert sorted(every) == ["discarded", "parked", "parked", "resolved"]
    both = await _listed(command_line, "--state", "resolved", "--state", "discarded")
    assert len(both) == 2
    groups = (await command_line.run("dead-letters", "groups", "--json")).document
    assert [(each["code"], each["count"]) for each in groups if each["code"] != "unroutable"] == [
        ("contract-violation", 1)
    ]


async def test_show_points_at_the_place_and_hides_who_it_was(
    letters: list[Request], command_line: CommandLine
) -> None:
    finished = await command_line.run("dead-letters", "show", letters[0].message_id)
    assert finished.code == 0
    lines = finished.out.splitlines()
    (place,) = (number for number, line in enumerate(lines) if '"quantity": 0' in line)
    assert lines[place + 1].strip() == "^ Input should be greater than or equal to 1"
    assert PERSON not in finished.out
    assert '"lastModifiedUser": "***"' in finished.out
    assert "archived" in finished.out


async def test_a_producer_cannot_name_a_user_that_the_broker_had_checked(
    broker: Broker, database: Database, command_line: CommandLine, settings: Settings
) -> None:
    async with consuming(archiving_by(settings)):
        await broker.publish(
            b"{}", key="cart.chekout", message_id="forged", headers={"x-original-user-id": "admin"}
        )
        await archived(database, 1)
    shown = await command_line.run("dead-letters", "show", "forged")
    exported = await command_line.run("dead-letters", "export", "--to", "there")
    assert (shown.code, exported.code) == (0, 0)
    (file,) = command_line.files("there")
    assert "admin" not in shown.out + json.dumps(json.loads(file.read_text())["properties"])


async def test_a_body_of_very_many_lines_is_cut_and_what_is_wrong_is_not(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    wrong = _wrong()
    body = json.dumps({"padding": list(range(10_000))} | wrong.document).encode()
    await broker.publish(body, message_id=wrong.message_id, app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
    lines = (await command_line.run("dead-letters", "show", wrong.message_id)).out.splitlines()
    assert len(lines) < 2_100
    (rule,) = (number for number, line in enumerate(lines) if line.strip().startswith("^ "))
    assert '"quantity": 0' in lines[rule - 1]
    assert any("lines: --json shows all of them" in line for line in lines)
    whole = (await command_line.run("dead-letters", "show", wrong.message_id, "--json")).document
    assert whole["body"] == json.loads(body)


async def test_a_line_without_end_is_cut_for_people(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    await broker.publish(b"x" * 100_000, message_id="long", app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
    shown = await command_line.run("dead-letters", "show", "long", "--unmask", "--why", "a test")
    assert len(shown.out) < 10_000
    assert "96,000 more characters: --json shows all of them" in shown.out
    whole = await command_line.run("dead-letters", "show", "long", "--unmask", "--why", "a test", "--json")
    assert whole.document["bodyText"] == "x" * 100_000


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("command", ["list", "groups"])
async def test_a_code_that_no_version_knows_is_told_where_nothing_has_it(
    command_line: CommandLine, database: Database, command: str
) -> None:
    ended = await command_line.run("dead-letters", command, "--code", "cntract", "--json")
    assert (ended.code, ended.document) == (0, [])
    assert "contract-violation" in ended.err
    known = await command_line.run("dead-letters", command, "--code", "not-utf8")
    assert (known.code, known.err) == (0, "")
    await database.execute("UPDATE dead_letters SET code = 'cntract'")
    found = await command_line.run("dead-letters", "list", "--code", "cntract", "--json")
    assert (found.document != [], found.err) == (True, "")


async def test_unmasking_needs_a_reason_and_is_noted(
    letters: list[Request], command_line: CommandLine, database: Database
) -> None:
    message_id = letters[0].message_id
    refused = await command_line.run("dead-letters", "show", message_id, "--unmask")
    assert (refused.code, PERSON in refused.out) == (2, False)
    assert "--why" in refused.err

    shown = await command_line.run(
        "dead-letters", "show", message_id, "--unmask", "--why", "ticket 7", "--json"
    )
    assert shown.document["body"]["cart"]["lastModifiedUser"] == PERSON
    noted = shown.document["history"][-1]
    assert (noted["action"], noted["why"], noted["stateAfter"]) == ("unmasked", "ticket 7", "parked")
    assert (await history(database))[-1] == ("unmasked", "parked", "parked")


@pytest.mark.usefixtures("letters")
async def test_a_body_that_is_no_json_is_hidden_where_it_may_hold_what_is_masked(
    command_line: CommandLine,
) -> None:
    hidden = (await command_line.run("dead-letters", "show", "no-json", "--json")).document
    assert "bodyText" not in hidden
    assert "--unmask" in hidden["bodyHidden"]
    nothing_to_hide = command_line.changed(masked_fields="participants")
    shown = (await nothing_to_hide.run("dead-letters", "show", "no-json", "--json")).document
    assert shown["bodyText"] == "{'lastModifiedUser': 'x'}"


async def test_a_letter_is_found_by_its_id_and_by_the_beginning_of_it(
    letters: list[Request], command_line: CommandLine
) -> None:
    (found,) = await _listed(command_line, "--source", "other")
    for name in (found["id"], found["id"][:16]):
        shown = (await command_line.run("dead-letters", "show", name, "--json")).document
        assert shown["id"] == found["id"]
        assert shown["messageId"] == letters[1].message_id
        assert shown["properties"]["app_id"] == "other"
        assert shown["violations"][0]["path"] == "cart.lineItems[1].quantity"
    missing = await command_line.run("dead-letters", "show", "nobody")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == "nobody: there is no such dead letter\n"
    short = await command_line.run("dead-letters", "show", found["id"][:7])
    assert (short.code, "at least the first 8 digits" in short.err) == (1, True)
    as_json = await command_line.run("dead-letters", "show", "nobody", "--json")
    assert (as_json.code, as_json.document["problems"][0]["name"]) == (1, "nobody")


@pytest.mark.usefixtures("letters")
async def test_only_finished_ones_are_pruned_and_their_history_stays(
    command_line: CommandLine, database: Database
) -> None:
    await database.execute(FINISH)
    prune = ("dead-letters", "prune", "--older-than")
    assert (await command_line.run(*prune, "1h", "--yes", "--json")).document["pruned"] == 0
    planned = (await command_line.run(*prune, "0s", "--dry-run", "--json")).document
    assert (planned["found"], planned["pruned"]) == ({"discarded": 1, "resolved": 1}, 0)
    assert (await command_line.run(*prune, "0s")).code == 2
    assert (await command_line.run(*prune, "0s", "--state", "parked", "--yes")).code == 2
    assert await database.count("dead_letters") == 4

    one = await command_line.run(*prune, "0s", "--state", "discarded", "--yes", "--why", "policy", "--json")
    assert one.document["pruned"] == 1
    other = await command_line.run(*prune, "0s", "--yes")
    assert "1 removed" in other.out
    assert {row["state"] for row in await database.rows("SELECT state FROM dead_letters")} == {"parked"}
    assert (await history(database))[-2:] == [("pruned", "discarded", None), ("pruned", "resolved", None)]
    assert await database.value("SELECT why FROM dead_letter_actions ORDER BY 1 LIMIT 1") == "policy"


@pytest.mark.usefixtures("letters")
async def test_of_a_pruned_letter_its_history_is_shown(command_line: CommandLine, database: Database) -> None:
    await database.execute(FINISH)
    ids = [each["id"] for each in await _listed(command_line, "--state", "discarded")]
    prune = ("dead-letters", "prune", "--older-than", "0s", "--why", "policy", "--yes")
    assert (await command_line.run(*prune)).code == 0
    for name in (ids[0], ids[0][:16]):
        shown = await command_line.run("dead-letters", "show", name)
        assert shown.code == 1
        assert shown.err.startswith(f"{name}: dead letter {ids[0]} was pruned at ")
        assert [word in shown.out for word in ("History", "archived", "pruned", "policy")] == [True] * 4
        as_json = (await command_line.run("dead-letters", "show", name, "--json")).document
        assert as_json["id"] == ids[0]
        assert [each["action"] for each in as_json["history"]] == ["archived", "pruned"]


async def test_commands_say_what_is_missing(command_line: CommandLine) -> None:
    nowhere = command_line.changed(database_url="postgresql://checkout:x@127.0.0.1:1/checkout")
    for command in (["list"], ["groups"], ["show", "x"], ["prune", "--older-than", "1d", "--yes"]):
        assert (await nowhere.run("dead-letters", *command)).code == 4
    assert (await command_line.run("dead-letters", "list", "--text", "--!")).code == 2
    assert (await command_line.run("dead-letters", "list", "--state", "lost")).code == 2
    assert (await command_line.run("dead-letters", "prune")).code == 2
    empty = await command_line.run("dead-letters", "list", "--json")
    assert (empty.code, empty.document) == (0, [])
