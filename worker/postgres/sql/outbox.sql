-- name: mark
-- Note that events were confirmed by the broker, or returned because nobody is bound to their key. What is
-- published stays so, unless it was published once more ($4).
UPDATE outcomes SET publication = mark.publication, published_at = clock_timestamp()
FROM (
    SELECT stored.customer_id, stored.message_id, mark.publication
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS mark (customer_id, message_id, publication)
    JOIN outcomes AS stored ON stored.customer_id = mark.customer_id AND stored.message_id = mark.message_id
    WHERE $4 OR stored.publication <> 'published'
    -- Whoever holds a row marks it, or publishes it once more, which costs less than to wait for its publication.
    FOR NO KEY UPDATE OF stored SKIP LOCKED
) AS mark
WHERE outcomes.customer_id = mark.customer_id AND outcomes.message_id = mark.message_id

-- name: overdue
-- Lock up to $2 events that were committed and not marked for a while ($1); other sweepers pass by. In the order of
-- the last attempt: events that are refused again and again must not keep others from their turn.
--
-- Of these, the first is read, and more while they have less than $3 bytes together; the others stay for the
-- next sweep.
WITH due AS (
    SELECT customer_id, message_id, attempted_at, octet_length(body) AS octets
    FROM outcomes
    WHERE publication = 'pending'
        -- Within a SELECT, the time is the same for all rows, so that the index of attempts finds them.
        AND attempted_at < (SELECT clock_timestamp() - $1::interval)
    ORDER BY attempted_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
measured AS (
    SELECT *, sum(octets) OVER turn AS together, row_number() OVER turn AS position
    FROM due
    WINDOW turn AS (ORDER BY attempted_at, customer_id, message_id ROWS UNBOUNDED PRECEDING)
)
SELECT customer_id, message_id, cart_id, event_id, event_type, event_time, source, correlation_id,
    traceparent, tracestate, body
FROM measured JOIN outcomes USING (customer_id, message_id)
WHERE position = 1 OR together <= $3
ORDER BY position

-- name: attempted
-- An event that was refused ($3) counts as attempted in the time to come.
UPDATE outcomes SET attempted_at = clock_timestamp()
    + CASE WHEN swept.is_refused THEN least(clock_timestamp() - created_at, interval '5 minutes') ELSE interval '0' END
FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS swept (customer_id, message_id, is_refused)
WHERE outcomes.customer_id = swept.customer_id AND outcomes.message_id = swept.message_id

-- name: stored_events
-- Page through stored events for a republication: all since $1, with $2 the returned ones only, with $6 those
-- of one source only.
SELECT customer_id, message_id, cart_id, event_id, event_type, event_time, source, correlation_id,
    traceparent, tracestate, body
FROM outcomes
WHERE created_at >= $1 AND (NOT $2 OR publication = 'returned') AND ($6::text IS NULL OR source = $6)
    AND (customer_id, message_id) > ($3, $4)
ORDER BY customer_id, message_id
LIMIT $5
