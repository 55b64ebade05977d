-- name: commit
-- Write everything that a batch decided, and mark what earlier batches published, in one statement.
WITH changed_cart AS (
    UPDATE carts SET
        version = changed.version,
        status = changed.status,
        assigned = changed.assigned::json,
        content = changed.content::json,
        created_at = changed.created_at,
        modified_at = changed.modified_at,
        expires_at = changed.expires_at,
        content_asked_at = changed.content_asked_at
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[]
    ) AS changed (
        customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at,
        content_asked_at
    )
    WHERE carts.customer_id = changed.customer_id AND carts.cart_id = changed.cart_id
),
new_outcome AS (
    INSERT INTO outcomes (
        customer_id, message_id, cart_id, cart_version, content_hash, asked_at,
        event_id, event_type, event_time, source, correlation_id, traceparent, tracestate, body
    )
    SELECT * FROM unnest(
        $11::uuid[], $12::text[], $13::uuid[], $14::integer[], $15::bytea[], $16::timestamptz[],
        $17::uuid[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::bytea[]
    )
),
new_order AS (
    INSERT INTO orders (
        customer_id, order_id, cart_id, order_group, message_id, content_hash,
        billing_cycle, currency_code, status, content, created_at
    )
    SELECT customer_id, order_id, cart_id, order_group, message_id, content_hash,
        billing_cycle, currency_code, status, content::json, created_at
    FROM unnest(
        $25::uuid[], $26::uuid[], $27::uuid[], $28::text[], $29::text[], $30::bytea[],
        $31::text[], $32::text[], $33::text[], $34::text[], $35::timestamptz[]
    ) AS made (
        customer_id, order_id, cart_id, order_group, message_id, content_hash,
        billing_cycle, currency_code, status, content, created_at
    )
),
new_line AS (
    INSERT INTO order_line_items (
        customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
    )
    SELECT * FROM unnest($36::uuid[], $37::uuid[], $38::integer[], $39::text[], $40::integer[], $41::text[])
),
new_error AS (
    INSERT INTO order_errors (
        customer_id, message_id, order_group, cart_id, code, description, created_at
    )
    SELECT * FROM unnest(
        $42::uuid[], $43::text[], $44::text[], $45::uuid[], $46::integer[], $47::text[], $48::timestamptz[]
    )
    -- A checkout whose row was pruned may be asked for again, and fail again.
    ON CONFLICT (customer_id, message_id, order_group) DO UPDATE
    SET code = excluded.code, description = excluded.description, created_at = excluded.created_at
)
UPDATE outcomes SET publication = mark.publication, published_at = clock_timestamp()
FROM (
    SELECT * FROM unnest($49::uuid[], $50::text[], $51::text[]) AS mark (customer_id, message_id, publication)
    -- In key order: another worker may mark the same events, and the two must not wait for each other.
    ORDER BY customer_id, message_id
) AS mark
WHERE outcomes.customer_id = mark.customer_id
    AND outcomes.message_id = mark.message_id
    AND outcomes.publication <> 'published'
