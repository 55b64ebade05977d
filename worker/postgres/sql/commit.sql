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
        expires_at = changed.expires_at
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::timestamptz[]
    ) AS changed (
        customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at
    )
    WHERE carts.customer_id = changed.customer_id AND carts.cart_id = changed.cart_id
),
new_checkout AS (
    INSERT INTO checkouts (
        customer_id, message_id, cart_id, cart_version, content_hash, asked_at,
        event_id, event_type, event_time, source, correlation_id, traceparent, tracestate, body
    )
    SELECT * FROM unnest(
        $10::uuid[], $11::text[], $12::uuid[], $13::integer[], $14::bytea[], $15::timestamptz[],
        $16::uuid[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::bytea[]
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
        $24::uuid[], $25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::bytea[],
        $30::text[], $31::text[], $32::text[], $33::text[], $34::timestamptz[]
    ) AS made (
        customer_id, order_id, cart_id, order_group, message_id, content_hash,
        billing_cycle, currency_code, status, content, created_at
    )
),
new_line AS (
    INSERT INTO order_line_items (
        customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
    )
    SELECT * FROM unnest($35::uuid[], $36::uuid[], $37::integer[], $38::text[], $39::integer[], $40::text[])
),
new_error AS (
    INSERT INTO order_errors (
        customer_id, message_id, order_group, cart_id, code, description, created_at
    )
    SELECT * FROM unnest(
        $41::uuid[], $42::text[], $43::text[], $44::uuid[], $45::integer[], $46::text[], $47::timestamptz[]
    )
    -- A checkout whose row was pruned may be asked for again, and fail again.
    ON CONFLICT (customer_id, message_id, order_group) DO UPDATE
    SET code = excluded.code, description = excluded.description, created_at = excluded.created_at
)
UPDATE checkouts SET publication = mark.publication, published_at = clock_timestamp()
FROM unnest($48::uuid[], $49::text[], $50::text[]) AS mark (customer_id, message_id, publication)
WHERE checkouts.customer_id = mark.customer_id
    AND checkouts.message_id = mark.message_id
    AND checkouts.publication <> 'published'
