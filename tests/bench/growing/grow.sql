-- name: template_carts
CREATE TEMPORARY TABLE template_carts AS SELECT * FROM carts LIMIT 100

-- name: template_outcomes
CREATE TEMPORARY TABLE template_outcomes AS
SELECT outcomes.* FROM outcomes JOIN template_carts USING (customer_id, cart_id)

-- name: template_orders
CREATE TEMPORARY TABLE template_orders AS
SELECT orders.* FROM orders JOIN template_carts USING (customer_id, cart_id)

-- name: template_lines
CREATE TEMPORARY TABLE template_lines AS
SELECT order_line_items.* FROM order_line_items JOIN template_orders USING (customer_id, order_id)

-- name: copy_carts
-- Copies number $1 to $2 of each template, as all that follow.
INSERT INTO carts (
    customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at,
    content_asked_at
)
SELECT
    customer_id, md5(cart_id::text || copy)::uuid, version, status, assigned, content, created_at, modified_at,
    expires_at, content_asked_at
FROM template_carts, generate_series($1::integer, $2::integer) AS copy

-- name: copy_outcomes
INSERT INTO outcomes (
    customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id, event_type, event_time,
    source, correlation_id, body, publication, published_at
)
SELECT
    customer_id, message_id || '-' || copy, md5(cart_id::text || copy)::uuid, cart_version, content_hash,
    asked_at, gen_random_uuid(), event_type, event_time, source, correlation_id, body, 'published', now()
FROM template_outcomes, generate_series($1::integer, $2::integer) AS copy

-- name: copy_orders
INSERT INTO orders (
    customer_id, order_id, cart_id, order_group, message_id, content_hash, billing_cycle, currency_code, status,
    content, created_at
)
SELECT
    customer_id, md5(order_id::text || copy)::uuid, md5(cart_id::text || copy)::uuid, order_group,
    message_id || '-' || copy, content_hash, billing_cycle, currency_code, status, content, created_at
FROM template_orders, generate_series($1::integer, $2::integer) AS copy

-- name: copy_lines
INSERT INTO order_line_items (
    customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
)
SELECT
    customer_id, md5(order_id::text || copy)::uuid, line_item_number, catalog_item_id, quantity, term_duration
FROM template_lines, generate_series($1::integer, $2::integer) AS copy
