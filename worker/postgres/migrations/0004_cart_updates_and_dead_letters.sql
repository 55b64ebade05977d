-- Cart updates, messages that were begun, and the archive of dead letters.

-- When the command was asked whose lines the cart has: an update asked before that comes too late.
ALTER TABLE carts ADD COLUMN content_asked_at timestamptz;

-- One inbox and outbox for both commands, since a message id stands for one of them only: what each led to, and
-- the event that says so. checkouts and cart_updates are its two halves.
ALTER TABLE checkouts RENAME TO outcomes;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_pkey TO outcomes_pkey;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_message_id_check TO outcomes_message_id_check;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_cart_version_check TO outcomes_cart_version_check;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_content_hash_check TO outcomes_content_hash_check;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_publication_check TO outcomes_publication_check;
ALTER TABLE outcomes RENAME CONSTRAINT checkouts_published_at_when_published
    TO outcomes_published_at_when_published;
ALTER TABLE outcomes DROP CONSTRAINT checkouts_event_type_check;
ALTER TABLE outcomes ADD CONSTRAINT outcomes_event_type_check CHECK (event_type IN (
    'checkout.completed', 'checkout.partial', 'checkout.failed', 'cart.updated', 'cart.rejected'
));
ALTER INDEX checkouts_pending RENAME TO outcomes_pending;
ALTER INDEX checkouts_returned RENAME TO outcomes_returned;
ALTER INDEX checkouts_created RENAME TO outcomes_created;

CREATE VIEW checkouts AS SELECT * FROM outcomes WHERE event_type LIKE 'checkout.%';
CREATE VIEW cart_updates AS SELECT * FROM outcomes WHERE event_type LIKE 'cart.%';

-- What a customer owns of an item, for add-ons of a base that was ordered before.
CREATE INDEX order_line_items_owned ON order_line_items (customer_id, catalog_item_id) INCLUDE (quantity);

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
    -- Of the last failure; the actions keep those of all.
    code           text        NOT NULL CHECK (code <> ''),
    reason         text        NOT NULL,
    violations     json,
    -- What failed in the same way: the hash of the pattern, which is code and reason without particulars.
    fingerprint    text        NOT NULL CHECK (fingerprint <> ''),
    pattern        text        NOT NULL,
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
    -- The dead letter's own, as they stood on the wire.
    properties     bytea       NOT NULL,
    body           bytea       NOT NULL,
    -- The words of body, reason and ids, to be found by.
    words          tsvector    NOT NULL,
    failures       integer     NOT NULL DEFAULT 1 CHECK (failures > 0),
    asked_at       timestamptz NOT NULL,
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    state_since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The token of the replay that is under way: single use, known to the message that carries it alone.
    replay_token   bytea       CHECK (octet_length(replay_token) = 32),
    claimed_at     timestamptz,
    claimed_by     text,
    -- The outcome that resolved it: a key of outcomes, whose row may be gone.
    outcome_customer_id uuid,
    outcome_message_id  text,
    -- An edited copy names what it was made from, which may be pruned before.
    copy_of        text,
    CONSTRAINT dead_letters_claim_while_replaying CHECK (
        (state = 'replaying') = (replay_token IS NOT NULL)
        AND (state = 'replaying') = (claimed_at IS NOT NULL)
        AND (state = 'replaying') = (claimed_by IS NOT NULL)
    ),
    CONSTRAINT dead_letters_outcome_when_resolved CHECK (
        (state = 'resolved') = (outcome_customer_id IS NOT NULL)
        AND (state = 'resolved') = (outcome_message_id IS NOT NULL)
    ),
    CONSTRAINT dead_letters_failed_in_order CHECK (first_failed_at <= last_failed_at)
);

CREATE UNIQUE INDEX dead_letters_token ON dead_letters (replay_token) WHERE replay_token IS NOT NULL;
-- Lists are read state by state, newest first, so that each of these serves any choice of states.
CREATE INDEX dead_letters_newest ON dead_letters (state, last_failed_at);
CREATE INDEX dead_letters_by_code ON dead_letters (code, state, last_failed_at);
CREATE INDEX dead_letters_by_group ON dead_letters (fingerprint, state, last_failed_at);
CREATE INDEX dead_letters_by_customer ON dead_letters (customer_id, state, last_failed_at);
CREATE INDEX dead_letters_by_cart ON dead_letters (cart_id, state, last_failed_at);
CREATE INDEX dead_letters_by_source ON dead_letters (source, state, last_failed_at);
CREATE INDEX dead_letters_by_message ON dead_letters (message_id);
CREATE INDEX dead_letters_oldest ON dead_letters (fingerprint, state, first_failed_at);
CREATE INDEX dead_letters_words ON dead_letters USING gin (words);
CREATE INDEX dead_letters_finished ON dead_letters (state_since) WHERE state IN ('resolved', 'discarded');

CREATE FUNCTION note_state_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.state_since := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TRIGGER dead_letters_state_since BEFORE UPDATE ON dead_letters
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note_state_since();

-- How many there are of each group in each state: counting a million takes too long for whoever looks.
CREATE TABLE dead_letter_counts (
    fingerprint text   NOT NULL,
    state       text   NOT NULL,
    code        text   NOT NULL,
    letters     bigint NOT NULL,
    PRIMARY KEY (fingerprint, state)
);

-- The counts are locked in the order of their key, by whoever changes them.
CREATE FUNCTION count_dead_letters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO dead_letter_counts AS counted (fingerprint, state, code, letters)
        SELECT fingerprint, state, min(code), count(*)
        FROM came GROUP BY fingerprint, state ORDER BY fingerprint, state
        ON CONFLICT (fingerprint, state) DO UPDATE SET letters = counted.letters + excluded.letters;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO dead_letter_counts AS counted (fingerprint, state, code, letters)
        SELECT fingerprint, state, min(code), -count(*)
        FROM went GROUP BY fingerprint, state ORDER BY fingerprint, state
        ON CONFLICT (fingerprint, state) DO UPDATE SET letters = counted.letters + excluded.letters;
    ELSE
        INSERT INTO dead_letter_counts AS counted (fingerprint, state, code, letters)
        SELECT fingerprint, state, min(code), sum(letters)
        FROM (
            SELECT fingerprint, state, code, 1 AS letters FROM came
            UNION ALL
            SELECT fingerprint, state, code, -1 FROM went
        ) AS changes
        GROUP BY fingerprint, state HAVING sum(letters) <> 0 ORDER BY fingerprint, state
        ON CONFLICT (fingerprint, state) DO UPDATE SET letters = counted.letters + excluded.letters;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER dead_letters_came AFTER INSERT ON dead_letters
REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters();
CREATE TRIGGER dead_letters_changed AFTER UPDATE ON dead_letters
REFERENCING OLD TABLE AS went NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters();
CREATE TRIGGER dead_letters_went AFTER DELETE ON dead_letters
REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters();

-- What was done to a dead letter: a row an action, never changed. It outlives the dead letter, whose body and
-- properties are gone when it is pruned, so it names that without referring to it.
CREATE TABLE dead_letter_actions (
    action_number  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dead_letter_id text        NOT NULL CHECK (dead_letter_id <> ''),
    action         text        NOT NULL CHECK (action IN (
        'archived', 'replayed', 'resolved', 'failed-again', 'lapsed', 'edited', 'discarded', 'restored',
        'unmasked', 'exported', 'pruned'
    )),
    actor          text        NOT NULL CHECK (actor <> ''),
    why            text,
    -- None before it was archived, none after it was pruned.
    state_before   text,
    state_after    text,
    details        json,
    acted_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX dead_letter_actions_of ON dead_letter_actions (dead_letter_id, action_number);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'dead_letter_actions are only ever added to';
END
$$;

CREATE TRIGGER dead_letter_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter_actions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
