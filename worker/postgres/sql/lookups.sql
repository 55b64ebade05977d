-- name: list_orders
-- For operators: newest first, optionally of one customer ($1) and one cart ($2).
SELECT customer_id, cart_id, order_group, order_id, billing_cycle, currency_code, status, created_at
FROM orders
WHERE ($1::uuid IS NULL OR customer_id = $1) AND ($2::uuid IS NULL OR cart_id = $2)
ORDER BY created_at DESC, order_id
LIMIT $3

-- name: show_order
SELECT content FROM orders WHERE order_id = $1

-- name: show_cart
SELECT customer_id, cart_id, version, content
FROM carts
WHERE cart_id = $1 AND ($2::uuid IS NULL OR customer_id = $2) AND version > 0

-- name: first_use
-- What a customer's message id ($1, $2) stands for.
SELECT created_at AS at, cart_id, event_type || '.' || source AS event
FROM outcomes WHERE customer_id = $1 AND message_id = $2

-- name: totals
SELECT
    (SELECT count(*) FROM checkouts WHERE event_type = 'checkout.completed') AS completed,
    (SELECT count(*) FROM checkouts WHERE event_type = 'checkout.partial') AS partial,
    (SELECT count(*) FROM checkouts WHERE event_type = 'checkout.failed') AS failed,
    (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM order_line_items) AS line_items,
    (SELECT count(*) FROM order_errors) AS order_errors,
    (SELECT count(*) FROM cart_updates) AS updates,
    (SELECT count(*) FROM outcomes WHERE publication = 'pending') AS pending

-- name: server
SELECT
    current_setting('server_version') AS version,
    current_setting('transaction_read_only')::boolean AS is_read_only
