-- name: hold
-- Nobody changes these carts before the transaction ends. Taken in key order: another worker may hold some of
-- them, and the two must not wait for each other.
SELECT
FROM carts
WHERE (customer_id, cart_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
ORDER BY customer_id, cart_id
FOR NO KEY UPDATE

-- name: hardly_wait
-- In this transaction, for locks: long enough for those who hold a table for a moment.
SELECT set_config('lock_timeout', '500ms', true)

-- name: held
-- Of these carts, those that another transaction holds.
WITH free AS (
    SELECT customer_id, cart_id
    FROM carts
    WHERE (customer_id, cart_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT customer_id, cart_id
FROM carts
WHERE (customer_id, cart_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
    AND (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM free)

-- name: load
-- What is stored about each command, all in one snapshot. Nothing is locked: whether it still stands is for
-- `commit` to say.
SELECT
    coalesce(cart.version, 0) AS version,
    cart.assigned,
    cart.content,
    cart.content_asked_at,
    earlier.content_hash,
    earlier.event_id,
    earlier.event_type,
    earlier.event_time,
    earlier.source,
    earlier.correlation_id,
    earlier.traceparent,
    earlier.tracestate,
    earlier.body,
    ordered.groups,
    ordered.hashes,
    ordered.orders
FROM unnest($1::uuid[], $2::uuid[], $3::text[])
    WITH ORDINALITY AS command (customer_id, cart_id, message_id, position)
LEFT JOIN carts AS cart USING (customer_id, cart_id)
LEFT JOIN outcomes AS earlier
    ON earlier.customer_id = command.customer_id AND earlier.message_id = command.message_id
CROSS JOIN LATERAL (
    SELECT
        array_agg(stored.order_group ORDER BY stored.order_group) AS groups,
        array_agg(stored.content_hash ORDER BY stored.order_group) AS hashes,
        array_agg(stored.content::text ORDER BY stored.order_group) AS orders
    FROM orders AS stored
    WHERE stored.customer_id = cart.customer_id AND stored.cart_id = cart.cart_id
) AS ordered
ORDER BY command.position

-- name: owned
-- Seats that customers own of items, by the orders of other carts than the one that asks. Each line has a seat at
-- least, so that as many lines as there are seats to be found ($4) tell whether there are enough of them.
SELECT wanted.customer_id, wanted.cart_id, wanted.catalog_item_id, owned.seats
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
    AS wanted (customer_id, cart_id, catalog_item_id, enough)
CROSS JOIN LATERAL (
    SELECT sum(found.quantity) AS seats
    FROM (
        SELECT line.quantity
        FROM order_line_items AS line
        JOIN orders AS made ON made.customer_id = line.customer_id AND made.order_id = line.order_id
        WHERE line.customer_id = wanted.customer_id
            AND line.catalog_item_id = wanted.catalog_item_id
            AND made.cart_id <> wanted.cart_id
        LIMIT wanted.enough
    ) AS found
) AS owned
WHERE owned.seats IS NOT NULL
