-- name: commit
-- Write everything that a batch decided, mark what earlier batches published, and tell which carts were
-- changed by others since they were loaded, by their place among the carts. Nothing is written of those.
--
-- Whatever a decision depends on in its cart raises the cart's version with it. A second outcome of the same
-- message violates the key of outcomes.
WITH changed AS (
    INSERT INTO carts AS cart (
        customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at,
        content_asked_at
    )
    SELECT customer_id, cart_id, version, status, assigned::json, content::json, created_at, modified_at,
        expires_at, content_asked_at
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[]
    ) AS asked (
        customer_id, cart_id, version, status, assigned, content, created_at, modified_at, expires_at,
        content_asked_at
    )
    -- In key order: another worker may change the same carts, and the two must not wait for each other.
    ORDER BY customer_id, cart_id
    -- The newest version of the row is looked at, even one that this statement's snapshot does not show.
    ON CONFLICT (customer_id, cart_id) DO UPDATE SET
        version = excluded.version,
        status = excluded.status,
        assigned = excluded.assigned,
        content = excluded.content,
        created_at = excluded.created_at,
        modified_at = excluded.modified_at,
        expires_at = excluded.expires_at,
        content_asked_at = excluded.content_asked_at
    WHERE cart.version = excluded.version - 1
    RETURNING cart.customer_id, cart.cart_id
),
overtaken AS (
    SELECT customer_id, cart_id, position
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked (customer_id, cart_id, position)
    WHERE (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM changed)
),
new_outcome AS (
    INSERT INTO outcomes (
        customer_id, message_id, cart_id, cart_version, content_hash, asked_at,
        event_id, event_type, event_time, source, correlation_id, traceparent, tracestate, body
    )
    SELECT * FROM unnest(
        $11::uuid[], $12::text[], $13::uuid[], $14::integer[], $15::bytea[], $16::timestamptz[],
        $17::uuid[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::bytea[]
    ) AS made (customer_id, message_id, cart_id)
    WHERE (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM overtaken)
    -- In key order, here and below: another worker may have got the same messages.
    ORDER BY customer_id, message_id
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
    WHERE (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM overtaken)
),
new_line AS (
    INSERT INTO order_line_items (
        customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
    )
    SELECT customer_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
    FROM unnest(
        $36::uuid[], $37::uuid[], $38::uuid[], $39::integer[], $40::text[], $41::integer[], $42::text[]
    ) AS made (
        customer_id, cart_id, order_id, line_item_number, catalog_item_id, quantity, term_duration
    )
    WHERE (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM overtaken)
),
new_error AS (
    INSERT INTO order_errors (
        customer_id, message_id, order_group, cart_id, code, description, created_at
    )
    SELECT * FROM unnest(
        $43::uuid[], $44::text[], $45::text[], $46::uuid[], $47::integer[], $48::text[], $49::timestamptz[]
    ) AS found (customer_id, message_id, order_group, cart_id)
    WHERE (customer_id, cart_id) NOT IN (SELECT customer_id, cart_id FROM overtaken)
    ORDER BY customer_id, message_id, order_group
    -- A checkout whose row was pruned may be asked for again, and fail again.
    ON CONFLICT (customer_id, message_id, order_group) DO UPDATE
    SET code = excluded.code, description = excluded.description, created_at = excluded.created_at
),
marked AS (
    UPDATE outcomes SET publication = mark.publication, published_at = clock_timestamp()
    FROM (
        SELECT stored.customer_id, stored.message_id, mark.publication
        FROM unnest($50::uuid[], $51::text[], $52::text[]) AS mark (customer_id, message_id, publication)
        JOIN outcomes AS stored ON stored.customer_id = mark.customer_id AND stored.message_id = mark.message_id
        WHERE stored.publication <> 'published'
        -- A sweeper of another worker holds what it publishes for as long as that takes, and marks it then.
        FOR NO KEY UPDATE OF stored SKIP LOCKED
    ) AS mark
    WHERE outcomes.customer_id = mark.customer_id AND outcomes.message_id = mark.message_id
)
SELECT position FROM overtaken
