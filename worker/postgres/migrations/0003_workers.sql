-- Who is at work: each worker writes its row every few seconds.

CREATE TABLE workers (
    worker_id   text        PRIMARY KEY,
    version     text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('starting', 'consuming', 'draining', 'stopped')),
    settled     bigint      NOT NULL DEFAULT 0 CHECK (settled >= 0),
    per_second  real        NOT NULL DEFAULT 0 CHECK (per_second >= 0),
    started_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now()
);
