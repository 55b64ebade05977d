-- name: begin_attempt
INSERT INTO attempts (message_hash, queue, message_id, worker_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (message_hash) DO UPDATE
-- A worker that begins a message again has outlived its own last attempt, whether or not it could say so. So has one that
-- gave a sign of life since, and just now, and is still connected, under its id, cut at 63 bytes by the server: it lost its
-- session, or has a copy of the message in hand. One that is frozen stays connected; the broker gives it up after 20 s.
SET attempts = attempts.attempts + CASE
        WHEN attempts.worker_id = excluded.worker_id THEN 0
        WHEN EXISTS (
            SELECT FROM workers
            JOIN pg_stat_activity ON application_name = left(workers.worker_id, 63)
            WHERE workers.worker_id = attempts.worker_id
                AND seen_at > greatest(attempts.last_at, now() - interval '15 seconds')
        ) THEN 0
        ELSE 1
    END,
    worker_id = excluded.worker_id, last_at = clock_timestamp()
RETURNING attempts

-- name: finish_attempt
DELETE FROM attempts WHERE message_hash = $1

-- name: forget_attempts
-- Attempts of a worker ($1), and any at messages that it had begun ($3): it has outlived them. What is known to end
-- processes ($2 attempts) is remembered until it is settled, or for a week after anybody met it.
DELETE FROM attempts
WHERE ((worker_id = $1 OR message_hash = ANY ($3::bytea[])) AND attempts < $2)
OR last_at < clock_timestamp() - interval '7 days'
