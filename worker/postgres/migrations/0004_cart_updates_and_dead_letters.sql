-- Cart updates, messages that were begun, and the archive of dead letters.

-- When the command was asked whose lines the cart has: an update asked before that comes too late.
ALTER TABLE carts ADD COLUMN content_asked_at timestamptz;

-- Inbox and outbox of cart updates, as checkouts is of checkouts. One space of identities: a message id stands
-- in one of the two tables.
CREATE TABLE cart_updates (
    customer_id    uuid        NOT NULL,
    message_id     text        NOT NULL CHECK (message_id <> ''),
    cart_id        uuid        NOT NULL,
    cart_version   integer     NOT NULL CHECK (cart_version >= 0),
    content_hash   bytea       NOT NULL CHECK (octet_length(content_hash) = 32),
    asked_at       timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_id       uuid        NOT NULL,
    event_type     text        NOT NULL CHECK (event_type IN ('cart.updated', 'cart.rejected')),
    event_time     text        NOT NULL,
    source         text        NOT NULL,
    correlation_id text        NOT NULL,
    traceparent    text,
    tracestate     text,
    body           bytea       NOT NULL,
    publication    text        NOT NULL DEFAULT 'pending'
        CHECK (publication IN ('pending', 'published', 'returned')),
    attempted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at   timestamptz,
    PRIMARY KEY (customer_id, message_id),
    CONSTRAINT cart_updates_published_at_when_published
        CHECK ((publication = 'pending') = (published_at IS NULL))
);

CREATE INDEX cart_updates_pending ON cart_updates (attempted_at) WHERE publication = 'pending';
CREATE INDEX cart_updates_returned ON cart_updates (created_at) WHERE publication = 'returned';
CREATE INDEX cart_updates_created ON cart_updates USING brin (created_at);

-- What a customer owns of an item, for add-ons of a base that was ordered before.
CREATE INDEX order_line_items_owned ON order_line_items (customer_id, catalog_item_id) INCLUDE (quantity);

-- Both boxes as one, for whatever reads events.
CREATE VIEW stored_events AS
SELECT customer_id, message_id, cart_id, content_hash, created_at, event_id, event_type, event_time, source,
    correlation_id, traceparent, tracestate, body, publication
FROM checkouts
UNION ALL
SELECT customer_id, message_id, cart_id, content_hash, created_at, event_id, event_type, event_time, source,
    correlation_id, traceparent, tracestate, body, publication
FROM cart_updates;

-- Messages that came again and were begun once more, each by the hash of the message: what a body says cannot
-- be known before it is read, and reading it may be what kills the process.
CREATE TABLE attempts (
    message_hash bytea       PRIMARY KEY CHECK (octet_length(message_hash) = 32),
    queue        text        NOT NULL,
    message_id   text,
    worker_id    text        NOT NULL,
    attempts     integer     NOT NULL DEFAULT 1 CHECK (attempts > 0),
    first_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX attempts_last ON attempts (last_at);

-- A worker that consumes nothing because the database is away.
ALTER TABLE workers DROP CONSTRAINT workers_state_check;
ALTER TABLE workers ADD CONSTRAINT workers_state_check
    CHECK (state IN ('starting', 'consuming', 'paused', 'draining', 'stopped'));

-- The archive: every dead letter once, byte for byte, and what became of it.
CREATE TABLE dead_letters (
    dead_letter_id text        PRIMARY KEY CHECK (dead_letter_id <> ''),
    state          text        NOT NULL DEFAULT 'parked'
        CHECK (state IN ('parked', 'replaying', 'resolved', 'failed-again', 'discarded')),
    code           text        NOT NULL CHECK (code <> ''),
    reason         text        NOT NULL,
    violations     json,
    fingerprint    text        NOT NULL,
    -- Who set it aside: the worker, or the broker.
    set_aside_by   text        NOT NULL CHECK (set_aside_by IN ('worker', 'broker')),
    queue          text,
    exchange       text        NOT NULL,
    routing_key    text        NOT NULL,
    source         text        NOT NULL,
    message_id     text,
    correlation_id text,
    customer_id    uuid,
    cart_id        uuid,
    properties     bytea       NOT NULL,
    body           bytea       NOT NULL,
    failures       integer     NOT NULL DEFAULT 1 CHECK (failures > 0),
    asked_at       timestamptz NOT NULL,
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    -- The token of the replay that is under way: single use, known to the message that carries it alone.
    replay_token   bytea       CHECK (octet_length(replay_token) = 32),
    claimed_at     timestamptz,
    claimed_by     text,
    copy_of        text        REFERENCES dead_letters (dead_letter_id),
    CONSTRAINT dead_letters_claim_while_replaying CHECK (
        (state = 'replaying') = (replay_token IS NOT NULL)
        AND (state = 'replaying') = (claimed_at IS NOT NULL)
        AND (state = 'replaying') = (claimed_by IS NOT NULL)
    ),
    CONSTRAINT dead_letters_failed_in_order CHECK (first_failed_at <= last_failed_at)
);

CREATE UNIQUE INDEX dead_letters_token ON dead_letters (replay_token) WHERE replay_token IS NOT NULL;

-- What was done to a dead letter: a row an action, never changed.
CREATE TABLE dead_letter_actions (
    dead_letter_id text        NOT NULL REFERENCES dead_letters (dead_letter_id),
    action_number  integer     NOT NULL CHECK (action_number > 0),
    action         text        NOT NULL CHECK (action IN (
        'archived', 'replayed', 'resolved', 'failed-again', 'lapsed', 'edited', 'discarded', 'restored', 'unmasked'
    )),
    actor          text        NOT NULL CHECK (actor <> ''),
    why            text,
    state_before   text,
    state_after    text        NOT NULL,
    details        json,
    acted_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (dead_letter_id, action_number)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'dead_letter_actions are only ever added to';
END
$$;

CREATE TRIGGER dead_letter_actions_append_only BEFORE UPDATE OR DELETE ON dead_letter_actions
FOR EACH ROW EXECUTE FUNCTION refuse_change();
