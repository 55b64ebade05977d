-- name: beat
INSERT INTO workers (worker_id, version, state, settled, per_second)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (worker_id) DO UPDATE
SET state = excluded.state, settled = excluded.settled, per_second = excluded.per_second, seen_at = now()

-- name: forget_workers
-- Rows of workers that were not seen for a day tell nobody anything.
DELETE FROM workers WHERE seen_at < now() - interval '1 day'
