-- name: load
-- Make and lock the cart rows of a batch in key order, and read what is stored about each command.
--
-- ON CONFLICT DO UPDATE returns the newest version of a row even where this statement's snapshot is older
-- (it waited for another transaction). seen_version is what the snapshot shows: where the two differ, orders
-- and earlier outcomes may be missing here, and the statement is run again, now holding the locks.
WITH command AS (
    SELECT customer_id, cart_id, message_id, position
    FROM unnest($1::uuid[], $2::uuid[], $3::text[])
        WITH ORDINALITY AS given (customer_id, cart_id, message_id, position)
),
locked AS (
    INSERT INTO carts AS cart (customer_id, cart_id)
    SELECT customer_id, cart_id FROM command ORDER BY customer_id, cart_id
    ON CONFLICT (customer_id, cart_id) DO UPDATE SET version = cart.version
    RETURNING cart.customer_id, cart.cart_id, cart.version, cart.assigned, cart.content, cart.content_asked_at
)
SELECT
    locked.version,
    coalesce(seen.version, 0) AS seen_version,
    locked.assigned,
    locked.content,
    locked.content_asked_at,
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
FROM command
JOIN locked USING (customer_id, cart_id)
LEFT JOIN carts AS seen USING (customer_id, cart_id)
LEFT JOIN outcomes AS earlier
    ON earlier.customer_id = command.customer_id AND earlier.message_id = command.message_id
CROSS JOIN LATERAL (
    SELECT
        array_agg(stored.order_group ORDER BY stored.order_group) AS groups,
        array_agg(stored.content_hash ORDER BY stored.order_group) AS hashes,
        array_agg(stored.content::text ORDER BY stored.order_group) AS orders
    FROM orders AS stored
    WHERE stored.customer_id = command.customer_id AND stored.cart_id = command.cart_id
) AS ordered
ORDER BY command.position

-- name: owned
-- Seats that customers own of items, by the orders of other carts than the one that asks.
SELECT wanted.customer_id, wanted.cart_id, wanted.catalog_item_id, sum(line.quantity) AS seats
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS wanted (customer_id, cart_id, catalog_item_id)
JOIN order_line_items AS line
    ON line.customer_id = wanted.customer_id AND line.catalog_item_id = wanted.catalog_item_id
JOIN orders AS made ON made.customer_id = line.customer_id AND made.order_id = line.order_id
WHERE made.cart_id <> wanted.cart_id
GROUP BY wanted.customer_id, wanted.cart_id, wanted.catalog_item_id
