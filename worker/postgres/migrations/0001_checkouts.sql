-- Carts, what was ordered from them, and each command's outcome.
--
-- customer_id comes first in every key, so that all of it can be partitioned or distributed by customer.
-- There are no foreign keys: the rows of one checkout are written by one statement, and checking each
-- reference would cost the message path a look-up a row.

CREATE TABLE carts (
    customer_id    uuid        NOT NULL,
    cart_id        uuid        NOT NULL,
    version        integer     NOT NULL DEFAULT 0 CHECK (version >= 0),
    status         text        CHECK (status IN ('Active', 'Ordered')),
    -- Group numbers and currencies that the worker filled in; they stay for the cart's life.
    assigned       json,
    content        json,
    created_at     timestamptz,
    modified_at    timestamptz,
    expires_at     timestamptz,
    PRIMARY KEY (customer_id, cart_id),
    -- Version 0 is a row that was made to be locked: the cart has no content yet.
    CONSTRAINT carts_content_from_version_1 CHECK (
        (version = 0) = (content IS NULL)
        AND (content IS NULL) = (status IS NULL)
        AND (content IS NULL) = (assigned IS NULL)
        AND (content IS NULL) = (created_at IS NULL)
        AND (content IS NULL) = (modified_at IS NULL)
        AND (content IS NULL) = (expires_at IS NULL)
    )
-- Every row is updated right after it was made: room for that on the same page.
) WITH (fillfactor = 80);

-- Inbox and outbox in one row: what a command led to, and the event that says so.
CREATE TABLE checkouts (
    customer_id    uuid        NOT NULL,
    message_id     text        NOT NULL CHECK (message_id <> ''),
    cart_id        uuid        NOT NULL,
    cart_version   integer     NOT NULL CHECK (cart_version >= 0),
    content_hash   bytea       NOT NULL CHECK (octet_length(content_hash) = 32),
    asked_at       timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_id       uuid        NOT NULL,
    event_type     text        NOT NULL
        CHECK (event_type IN ('checkout.completed', 'checkout.partial', 'checkout.failed')),
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
    CONSTRAINT checkouts_published_at_when_published CHECK ((publication = 'pending') = (published_at IS NULL))
);

CREATE INDEX checkouts_pending ON checkouts (attempted_at) WHERE publication = 'pending';
CREATE INDEX checkouts_returned ON checkouts (created_at) WHERE publication = 'returned';
CREATE INDEX checkouts_created ON checkouts USING brin (created_at);

CREATE TABLE orders (
    customer_id    uuid        NOT NULL,
    order_id       uuid        NOT NULL,
    cart_id        uuid        NOT NULL,
    order_group    text        NOT NULL CHECK (order_group <> ''),
    message_id     text        NOT NULL,
    content_hash   bytea       NOT NULL CHECK (octet_length(content_hash) = 32),
    billing_cycle  text        NOT NULL,
    currency_code  text        NOT NULL,
    status         text        NOT NULL,
    content        json        NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (customer_id, order_id),
    CONSTRAINT orders_one_per_group UNIQUE (customer_id, cart_id, order_group)
);

CREATE TABLE order_line_items (
    customer_id      uuid    NOT NULL,
    order_id         uuid    NOT NULL,
    line_item_number integer NOT NULL CHECK (line_item_number >= 0),
    catalog_item_id  text    NOT NULL,
    quantity         integer NOT NULL CHECK (quantity > 0),
    term_duration    text,
    PRIMARY KEY (customer_id, order_id, line_item_number)
);

CREATE TABLE order_errors (
    customer_id  uuid        NOT NULL,
    message_id   text        NOT NULL,
    order_group  text        NOT NULL,
    cart_id      uuid        NOT NULL,
    code         integer     NOT NULL,
    description  text        NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (customer_id, message_id, order_group)
);
