-- name: hold_dead_letters
-- Nobody changes or removes these ($1), and those whose replays carry these tokens ($2), before the transaction
-- ends. The first that it does: everybody locks dead letters in the order of their ids, and then their counts.
SELECT dead_letter_id, replay_token FROM dead_letters
WHERE dead_letter_id = ANY ($1::text[]) OR replay_token = ANY ($2::bytea[])
ORDER BY dead_letter_id
FOR UPDATE

-- name: archive_new
-- Store dead letters that are not there yet, and say which they were.
WITH came AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::uuid[], $16::bytea[],
        $17::bytea[], $18::text[], $19::timestamptz[], $20::timestamptz[]
    ) AS came (
        dead_letter_id, code, reason, violations, fingerprint, pattern, set_aside_by, queue,
        exchange, routing_key, source, message_id, correlation_id, customer_id, cart_id, properties,
        body, words, asked_at, failed_at
    )
),
stored AS (
    INSERT INTO dead_letters (
        dead_letter_id, code, reason, violations, fingerprint, pattern, set_aside_by, queue,
        exchange, routing_key, source, message_id, correlation_id, customer_id, cart_id, properties,
        body, words, asked_at, first_failed_at, last_failed_at
    )
    SELECT dead_letter_id, code, reason, violations::json, fingerprint, pattern, set_aside_by, queue,
        exchange, routing_key, source, message_id, correlation_id, customer_id, cart_id, properties,
        body, array_to_tsvector(array_remove(string_to_array(words, ' '), '')), asked_at, failed_at, failed_at
    FROM came
    ORDER BY dead_letter_id
    ON CONFLICT (dead_letter_id) DO NOTHING
    RETURNING dead_letter_id, state, code, reason, first_failed_at
),
noted AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, state_after, details)
    SELECT dead_letter_id, 'archived', $21::text, state,
        json_build_object('code', code, 'reason', reason, 'failedAt', first_failed_at)
    FROM stored
)
SELECT dead_letter_id, first_failed_at FROM stored

-- name: archive_again
-- Count failures of dead letters that are there already. A delivery that may have been archived before
-- counts where its failure is a later one than the last that is known.
WITH came AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[],
        $9::bytea[], $10::boolean[]
    ) AS came (
        dead_letter_id, code, reason, violations, fingerprint, pattern, body, failed_at,
        replay_token, is_repeat
    )
),
known AS MATERIALIZED (
    SELECT letter.dead_letter_id, letter.state, letter.first_failed_at, letter.last_failed_at,
        came.code, came.reason, came.violations, came.fingerprint, came.pattern, came.failed_at, came.is_repeat,
        letter.replay_token = came.replay_token IS TRUE AS is_replay,
        letter.body = came.body AS is_same
    FROM came JOIN dead_letters AS letter ON letter.dead_letter_id = came.dead_letter_id
    ORDER BY letter.dead_letter_id
    FOR UPDATE OF letter
),
counted AS (
    SELECT *, CASE
        WHEN is_replay THEN 'failed-again'
        WHEN state IN ('resolved', 'discarded') THEN 'parked'
        ELSE state
    END AS state_after
    FROM known
    WHERE is_replay OR (is_same AND NOT is_repeat AND failed_at > last_failed_at)
),
changed AS (
    UPDATE dead_letters AS letter SET
        state = counted.state_after,
        code = counted.code,
        reason = counted.reason,
        violations = counted.violations::json,
        fingerprint = counted.fingerprint,
        pattern = counted.pattern,
        failures = letter.failures + 1,
        last_failed_at = greatest(letter.last_failed_at, counted.failed_at),
        replay_token = CASE WHEN NOT counted.is_replay THEN letter.replay_token END,
        claimed_at = CASE WHEN NOT counted.is_replay THEN letter.claimed_at END,
        claimed_by = CASE WHEN NOT counted.is_replay THEN letter.claimed_by END,
        outcome_customer_id = NULL,
        outcome_message_id = NULL
    FROM counted
    WHERE letter.dead_letter_id = counted.dead_letter_id
),
noted AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, state_before, state_after, details)
    SELECT dead_letter_id, CASE WHEN is_replay THEN 'failed-again' ELSE 'archived' END, $11::text, state, state_after,
        json_build_object('code', code, 'reason', reason, 'failedAt', failed_at)
    FROM counted
)
SELECT dead_letter_id, first_failed_at, is_replay OR is_same AS is_same FROM known

-- name: list_dead_letters
-- Newest failures first, read state by state, for which there are indexes. All of $2 to $9 and $11 may be null.
SELECT letter.*
FROM unnest($1::text[]) AS wanted (state)
CROSS JOIN LATERAL (
    SELECT dead_letter_id, state, code, reason, fingerprint, set_aside_by, queue, routing_key, source,
        message_id, correlation_id, customer_id, cart_id, failures, asked_at, first_failed_at, last_failed_at,
        copy_of
    FROM dead_letters
    WHERE dead_letters.state = wanted.state
        AND ($2::text IS NULL OR code = $2)
        AND ($3::text IS NULL OR fingerprint = $3)
        AND ($4::uuid IS NULL OR customer_id = $4)
        AND ($5::uuid IS NULL OR cart_id = $5)
        AND ($6::text IS NULL OR source = $6)
        AND ($7::timestamptz IS NULL OR last_failed_at >= $7)
        AND ($8::timestamptz IS NULL OR last_failed_at < $8)
        AND ($9::text IS NULL OR words @@ $9::tsquery)
        AND ($11::text[] IS NULL OR dead_letter_id = ANY ($11))
    ORDER BY last_failed_at DESC, dead_letter_id
    LIMIT $10
) AS letter
ORDER BY letter.last_failed_at DESC, letter.dead_letter_id
LIMIT $10

-- name: find_by_index
-- For the transaction: words are looked up in their index, however many rows are expected.
SELECT set_config('enable_seqscan', 'off', true)

-- name: list_in_order
-- For the transaction: no index is read as a whole to be combined with another one.
SELECT set_config('enable_bitmapscan', 'off', true)

-- name: sampled_words
-- How many of some rows, taken anywhere, have these words; $2 is in percent of all rows.
SELECT count(*) FROM dead_letters TABLESAMPLE SYSTEM ($2) WHERE words @@ $1::text::tsquery

-- name: dead_letters_with_words
SELECT dead_letter_id FROM dead_letters WHERE words @@ $1::text::tsquery LIMIT $2

-- name: dead_letter_groups
-- How many there are of each group in the wanted states, and when the first and the last of them failed.
SELECT grouped.code, grouped.fingerprint, example.pattern, grouped.count, example.oldest, example.newest
FROM (
    SELECT fingerprint, min(code) AS code, sum(letters)::bigint AS count, array_agg(state) AS states
    FROM dead_letter_counts
    WHERE letters > 0
        AND state = ANY ($1::text[])
        AND ($2::text IS NULL OR fingerprint = $2)
        AND ($3::text IS NULL OR code = $3)
    GROUP BY fingerprint
    ORDER BY count DESC, fingerprint
    LIMIT $4
) AS grouped
CROSS JOIN LATERAL (
    SELECT min(newest.pattern) AS pattern, min(oldest.first_failed_at) AS oldest,
        max(newest.last_failed_at) AS newest
    FROM unnest(grouped.states) AS of_group (state)
    CROSS JOIN LATERAL (
        SELECT pattern, last_failed_at FROM dead_letters
        WHERE fingerprint = grouped.fingerprint AND state = of_group.state
        ORDER BY last_failed_at DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT first_failed_at FROM dead_letters
        WHERE fingerprint = grouped.fingerprint AND state = of_group.state
        ORDER BY first_failed_at LIMIT 1
    ) AS oldest
) AS example
ORDER BY grouped.count DESC, grouped.fingerprint

-- name: show_dead_letter
-- By its id, by all ids from $1 to before $2, which begin with the same digits, or by the id of its message.
SELECT dead_letter_id, state, code, reason, violations, fingerprint, pattern, set_aside_by, queue, exchange,
    routing_key, source, message_id, correlation_id, customer_id, cart_id, properties, body, failures, asked_at,
    first_failed_at, last_failed_at, state_since, claimed_at, claimed_by, outcome_customer_id,
    outcome_message_id, copy_of
FROM dead_letters
WHERE dead_letter_id = $1 OR (dead_letter_id >= $1 AND dead_letter_id < $2) OR message_id = $1
ORDER BY dead_letter_id <> $1, last_failed_at DESC
LIMIT $3

-- name: dead_letter_actions
SELECT action, actor, why, state_before, state_after, details, acted_at
FROM dead_letter_actions
WHERE dead_letter_id = $1
ORDER BY action_number

-- name: pruned_dead_letters
-- By id, or by all ids from $1 to before $2, which begin with the same digits.
SELECT DISTINCT dead_letter_id FROM dead_letter_actions AS past
WHERE (dead_letter_id = $1 OR (dead_letter_id >= $1 AND dead_letter_id < $2))
    AND NOT EXISTS (SELECT FROM dead_letters WHERE dead_letters.dead_letter_id = past.dead_letter_id)
ORDER BY dead_letter_id
LIMIT $3

-- name: note_dead_letter_action
-- Something that was done without changing the state.
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before, state_after, details)
SELECT dead_letter_id, $2, $3, $4, state, state, $5::json FROM dead_letters WHERE dead_letter_id = $1

-- name: prunable_dead_letters
SELECT state, count(*) AS count, min(state_since) AS oldest FROM dead_letters
WHERE state = ANY ($1::text[]) AND state IN ('resolved', 'discarded') AND state_since < $2
GROUP BY state ORDER BY state

-- name: prune_dead_letters
-- Remove some finished ones; what was done to them stays.
WITH chosen AS (
    SELECT dead_letter_id FROM dead_letters
    WHERE state = ANY ($1::text[]) AND state IN ('resolved', 'discarded') AND state_since < $2
    ORDER BY state_since
    LIMIT $3
    FOR UPDATE SKIP LOCKED
),
pruned AS (
    DELETE FROM dead_letters USING chosen WHERE dead_letters.dead_letter_id = chosen.dead_letter_id
    RETURNING dead_letters.dead_letter_id, state
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before)
SELECT dead_letter_id, 'pruned', $4, $5, state FROM pruned

-- name: count_dead_letters
SELECT coalesce(sum(letters), 0)::bigint FROM dead_letter_counts
