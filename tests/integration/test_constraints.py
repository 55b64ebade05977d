"""What the database itself refuses: the last net below the worker."""

from typing import Final

import asyncpg
import pytest

from tests.support.database import Database

CUSTOMER: Final = "'0a1b2c3d-0000-4000-8000-000000000001'"
OTHER: Final = "'0a1b2c3d-0000-4000-8000-000000000002'"

# A row that each table takes, as SQL.
VALID: Final[dict[str, dict[str, str]]] = {
    "carts": {
        "customer_id": CUSTOMER,
        "cart_id": CUSTOMER,
        "version": "1",
        "status": "'Active'",
        "assigned": "'{}'",
        "content": "'{}'",
        "created_at": "now()",
        "modified_at": "now()",
        "expires_at": "now()",
    },
    "outcomes": {
        "customer_id": CUSTOMER,
        "message_id": "'m'",
        "cart_id": CUSTOMER,
        "cart_version": "1",
        "content_hash": "sha256('x')",
        "asked_at": "now()",
        "event_id": CUSTOMER,
        "event_type": "'checkout.completed'",
        "event_time": "'t'",
        "source": "'s'",
        "correlation_id": "'c'",
        "body": "'{}'",
    },
    "orders": {
        "customer_id": CUSTOMER,
        "order_id": CUSTOMER,
        "cart_id": CUSTOMER,
        "order_group": "'g'",
        "message_id": "'m'",
        "content_hash": "sha256('x')",
        "billing_cycle": "'monthly'",
        "currency_code": "'USD'",
        "status": "'pending'",
        "content": "'{}'",
        "created_at": "now()",
    },
    "order_line_items": {
        "customer_id": CUSTOMER,
        "order_id": CUSTOMER,
        "line_item_number": "0",
        "catalog_item_id": "'i'",
        "quantity": "1",
    },
    "order_errors": {
        "customer_id": CUSTOMER,
        "message_id": "'m'",
        "order_group": "''",
        "cart_id": CUSTOMER,
        "code": "800008",
        "description": "'d'",
        "created_at": "now()",
    },
    "catalog_items": {"catalog_item_id": "'i'", "content": "'{}'"},
    "catalog_revision": {"singleton": "true", "revision": "1"},
    "attempts": {"message_hash": "sha256('x')", "queue": "'q'", "worker_id": "'w'"},
    "dead_letters": {
        "dead_letter_id": "'d'",
        "code": "'not-json'",
        "reason": "'r'",
        "fingerprint": "'f'",
        "pattern": "'p'",
        "set_aside_by": "'worker'",
        "exchange": "'e'",
        "routing_key": "'k'",
        "source": "'s'",
        "properties": "''",
        "body": "''",
        "words": "''",
        "asked_at": "now()",
        "first_failed_at": "now()",
        "last_failed_at": "now()",
    },
    "dead_letter_counts": {"fingerprint": "'f'", "state": "'parked'", "code": "'c'", "letters": "1"},
    "dead_letter_actions": {
        "dead_letter_id": "'d'",
        "action": "'archived'",
        "actor": "'worker'",
        "state_after": "'parked'",
    },
    "workers": {"worker_id": "'w'", "version": "'1'", "state": "'consuming'"},
}

OF_A_CUSTOMER: Final = ["carts", "outcomes", "orders", "order_line_items", "order_errors"]
CLAIMED: Final = {
    "state": "'replaying'",
    "replay_token": "sha256('x')",
    "claimed_at": "now()",
    "claimed_by": "'o'",
}

RESOLVED: Final = {
    "state": "'resolved'",
    "outcome_customer_id": CUSTOMER,
    "outcome_message_id": "'m'",
}

# What breaks each CHECK, beside the row that is valid otherwise.
BROKEN: Final[dict[str, list[tuple[str, dict[str, str]]]]] = {
    "carts_version_check": [("carts", {"version": "-1"})],
    "carts_status_check": [("carts", {"status": "'Lost'"})],
    "carts_content_from_version_1": [
        ("carts", {"version": "0"}),
        *(
            ("carts", {column: "NULL"})
            for column in ("content", "status", "assigned", "created_at", "modified_at", "expires_at")
        ),
    ],
    "outcomes_message_id_check": [("outcomes", {"message_id": "''"})],
    "outcomes_cart_version_check": [("outcomes", {"cart_version": "-1"})],
    "outcomes_content_hash_check": [("outcomes", {"content_hash": "'x'"})],
    "outcomes_event_type_check": [("outcomes", {"event_type": "'checkout.lost'"})],
    "outcomes_publication_check": [
        ("outcomes", {"publication": "'lost'", "published_at": "now()"}),
    ],
    "outcomes_published_at_when_published": [
        ("outcomes", {"publication": "'published'"}),
        ("outcomes", {"publication": "'pending'", "published_at": "now()"}),
    ],
    "attempts_message_hash_check": [("attempts", {"message_hash": "'x'"})],
    "attempts_attempts_check": [("attempts", {"attempts": "0"})],
    "dead_letters_dead_letter_id_check": [("dead_letters", {"dead_letter_id": "''"})],
    "dead_letters_state_check": [("dead_letters", {"state": "'lost'"})],
    "dead_letters_code_check": [("dead_letters", {"code": "''"})],
    "dead_letters_set_aside_by_check": [("dead_letters", {"set_aside_by": "'nobody'"})],
    "dead_letters_failures_check": [("dead_letters", {"failures": "0"})],
    "dead_letters_replay_token_check": [("dead_letters", CLAIMED | {"replay_token": "'x'"})],
    "dead_letters_claim_while_replaying": [
        ("dead_letters", CLAIMED | {"state": "'parked'"}),
        *(("dead_letters", CLAIMED | {column: "NULL"}) for column in CLAIMED if column != "state"),
    ],
    "dead_letters_fingerprint_check": [("dead_letters", {"fingerprint": "''"})],
    "dead_letters_outcome_when_resolved": [
        ("dead_letters", RESOLVED | {"state": "'parked'"}),
        *(("dead_letters", RESOLVED | {column: "NULL"}) for column in RESOLVED if column != "state"),
    ],
    "dead_letters_failed_in_order": [("dead_letters", {"last_failed_at": "now() - interval '1 s'"})],
    "dead_letter_actions_dead_letter_id_check": [("dead_letter_actions", {"dead_letter_id": "''"})],
    "dead_letter_actions_action_check": [("dead_letter_actions", {"action": "'lost'"})],
    "dead_letter_actions_actor_check": [("dead_letter_actions", {"actor": "''"})],
    "orders_order_group_check": [("orders", {"order_group": "''"})],
    "orders_content_hash_check": [("orders", {"content_hash": "'x'"})],
    "order_line_items_line_item_number_check": [("order_line_items", {"line_item_number": "-1"})],
    "order_line_items_quantity_check": [("order_line_items", {"quantity": "0"})],
    "catalog_items_catalog_item_id_check": [("catalog_items", {"catalog_item_id": "''"})],
    "catalog_revision_singleton_check": [("catalog_revision", {"singleton": "false"})],
    "workers_state_check": [("workers", {"state": "'lost'"})],
    "workers_settled_check": [("workers", {"settled": "-1"})],
    "workers_per_second_check": [("workers", {"per_second": "-1"})],
}
CASES: Final = [
    pytest.param(name, table, change, id=f"{name}-{number}")
    for name, changes in BROKEN.items()
    for number, (table, change) in enumerate(changes)
]


async def _insert(database: Database, table: str, change: dict[str, str]) -> None:
    row = VALID[table] | change
    await database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")  # noqa: S608


@pytest.mark.parametrize("table", [table for table in VALID if table != "catalog_revision"])
async def test_a_valid_row_is_taken(database: Database, table: str) -> None:
    await _insert(database, table, {})


@pytest.mark.parametrize(("name", "table", "change"), CASES)
async def test_a_row_that_breaks_a_check_is_refused(
    database: Database, name: str, table: str, change: dict[str, str]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _insert(database, table, change)
    assert refused.value.constraint_name == name


async def test_every_check_of_the_schema_is_tried_here(database: Database) -> None:
    checks = await database.rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    assert {row["conname"] for row in checks} <= BROKEN.keys()


@pytest.mark.parametrize(
    ("table", "change", "name"),
    [
        ("carts", {"version": "2"}, "carts_pkey"),
        ("outcomes", {"event_id": OTHER}, "outcomes_pkey"),
        ("orders", {"order_group": "'h'"}, "orders_pkey"),
        ("orders", {"order_id": OTHER}, "orders_one_per_group"),
        ("order_line_items", {}, "order_line_items_pkey"),
        ("order_errors", {}, "order_errors_pkey"),
        ("catalog_items", {}, "catalog_items_pkey"),
        ("workers", {}, "workers_pkey"),
        ("attempts", {}, "attempts_pkey"),
        ("dead_letter_counts", {}, "dead_letter_counts_pkey"),
        ("dead_letters", CLAIMED, "dead_letters_pkey"),
        ("dead_letters", CLAIMED | {"dead_letter_id": "'e'"}, "dead_letters_token"),
    ],
)
async def test_a_second_row_of_one_key_is_refused(
    database: Database, table: str, change: dict[str, str], name: str
) -> None:
    first = CLAIMED if table == "dead_letters" else {}
    await _insert(database, table, first)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await _insert(database, table, change)
    assert refused.value.constraint_name == name


async def test_another_customer_may_use_the_same_ids(database: Database) -> None:
    for table in OF_A_CUSTOMER:
        await _insert(database, table, {})
        await _insert(database, table, {"customer_id": OTHER})


async def test_the_customer_comes_first_in_every_key_of_the_message_path(database: Database) -> None:
    keys = await database.rows(
        "SELECT conname, (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) "
        "AS first FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = ANY ($1::regclass[])",
        OF_A_CUSTOMER,
    )
    assert {row["first"] for row in keys} == {"customer_id"}
    assert len(keys) >= 6


async def test_what_was_done_to_a_dead_letter_cannot_be_changed_or_removed(database: Database) -> None:
    await _insert(database, "dead_letter_actions", {})
    changes = ("UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}")
    for change in (each.format("dead_letter_actions") for each in changes):
        with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
            await database.execute(change)
