-- name: outcome
-- Nothing comes back where the message was handled before.
INSERT INTO outcomes (
    customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id, event_type, event_time,
    source, correlation_id, body, publication, published_at
)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, 'published', $5)
ON CONFLICT (customer_id, message_id) DO NOTHING
RETURNING event_id

-- name: earlier
SELECT event_id, event_type, body FROM outcomes WHERE customer_id = $1 AND message_id = $2

-- name: cart
INSERT INTO carts (
    customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at,
    content_asked_at
)
VALUES ($1, $2, 1, $3, '{}', $4, $5, $5, $6, $5)
ON CONFLICT (customer_id, cart_id) DO UPDATE
SET version = carts.version + 1, status = excluded.status, content = excluded.content

-- name: orders
INSERT INTO orders (
    customer_id, order_id, cart_id, order_group, message_id, content_hash, billing_cycle, currency_code, status,
    content, created_at
)
SELECT
    $1::uuid, made.order_id, $2::uuid, made.order_group, $3::text, made.content_hash, made.billing_cycle,
    made.currency_code, 'pending', made.content::json, $4::timestamptz
FROM unnest($5::uuid[], $6::text[], $7::bytea[], $8::text[], $9::text[], $10::text[])
    AS made (order_id, order_group, content_hash, billing_cycle, currency_code, content)

-- name: lines
INSERT INTO order_line_items (
    customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
)
SELECT $1::uuid, made.order_id, made.number, made.item, made.quantity, made.term
FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::text[])
    AS made (order_id, number, item, quantity, term)

-- name: errors
INSERT INTO order_errors (customer_id, message_id, order_group, cart_id, code, description, created_at)
SELECT $1::uuid, $2::text, made.order_group, $3::uuid, made.code, made.description, $4::timestamptz
FROM unnest($5::text[], $6::integer[], $7::text[]) AS made (order_group, code, description)
