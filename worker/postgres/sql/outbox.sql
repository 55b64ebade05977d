-- name: mark
-- Note that events were confirmed by the broker, or returned because nobody is bound to their key. What is
-- published stays so, unless it was published once more ($4). In key order: another worker may mark the same
-- events, and the two must not wait for each other.
WITH mark AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS mark (customer_id, message_id, publication)
    ORDER BY customer_id, message_id
),
marked_update AS (
    UPDATE cart_updates SET publication = mark.publication, published_at = clock_timestamp()
    FROM mark
    WHERE cart_updates.customer_id = mark.customer_id
        AND cart_updates.message_id = mark.message_id
        AND ($4 OR cart_updates.publication <> 'published')
)
UPDATE checkouts SET publication = mark.publication, published_at = clock_timestamp()
FROM mark
WHERE checkouts.customer_id = mark.customer_id
    AND checkouts.message_id = mark.message_id
    AND ($4 OR checkouts.publication <> 'published')

-- name: overdue
-- Lock events that were committed and not marked for a while ($1); other sweepers pass by. In the order of the
-- last attempt: events that are refused again and again must not keep others from their turn.
WITH checkout AS (
    SELECT customer_id, message_id, cart_id, event_id, event_type, event_time, source, correlation_id,
        traceparent, tracestate, body, attempted_at
    FROM checkouts
    WHERE publication = 'pending' AND attempted_at < clock_timestamp() - $1::interval
    ORDER BY attempted_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
cart_update AS (
    SELECT customer_id, message_id, cart_id, event_id, event_type, event_time, source, correlation_id,
        traceparent, tracestate, body, attempted_at
    FROM cart_updates
    WHERE publication = 'pending' AND attempted_at < clock_timestamp() - $1::interval
    ORDER BY attempted_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
SELECT * FROM checkout UNION ALL SELECT * FROM cart_update
ORDER BY attempted_at
LIMIT $2

-- name: attempted
WITH swept AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS swept (customer_id, message_id)
),
attempted_update AS (
    UPDATE cart_updates SET attempted_at = clock_timestamp()
    FROM swept
    WHERE cart_updates.customer_id = swept.customer_id AND cart_updates.message_id = swept.message_id
)
UPDATE checkouts SET attempted_at = clock_timestamp()
FROM swept
WHERE checkouts.customer_id = swept.customer_id AND checkouts.message_id = swept.message_id

-- name: stored_events
-- Page through stored events for a republication: all since $1, or with $2 the returned ones only.
SELECT customer_id, message_id, cart_id, event_id, event_type, event_time, source, correlation_id,
    traceparent, tracestate, body
FROM stored_events
WHERE created_at >= $1 AND (NOT $2 OR publication = 'returned')
    AND (customer_id, message_id) > ($3, $4)
ORDER BY customer_id, message_id
LIMIT $5
