-- name: settle_replays
-- Resolve the dead letters whose replays led to an outcome ($2, $3), by the tokens that they carry ($1). In the
-- transaction of the outcome: it stands if and only if the outcome does.
WITH came AS (
    SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::text[]) AS came (replay_token, customer_id, message_id)
),
held AS (
    SELECT letter.dead_letter_id, came.customer_id, came.message_id
    FROM came JOIN dead_letters AS letter ON letter.replay_token = came.replay_token
    WHERE letter.state = 'replaying'
    ORDER BY letter.dead_letter_id
    FOR UPDATE OF letter
),
settled AS (
    UPDATE dead_letters AS letter SET
        state = 'resolved',
        replay_token = NULL,
        claimed_at = NULL,
        claimed_by = NULL,
        outcome_customer_id = held.customer_id,
        outcome_message_id = held.message_id
    FROM held
    WHERE letter.dead_letter_id = held.dead_letter_id
    RETURNING letter.dead_letter_id, letter.outcome_customer_id, letter.outcome_message_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, state_before, state_after, details)
SELECT dead_letter_id, 'resolved', coalesce(nullif(current_setting('application_name'), ''), 'worker'),
    'replaying', 'resolved',
    json_build_object('customerId', outcome_customer_id, 'messageId', outcome_message_id)
FROM settled
ORDER BY dead_letter_id

-- name: claim_replays
-- Claim those of $1 that may be replayed, each with a token of its own ($2), for $3. One whose claim is older
-- than $5 may be claimed anew: the token of the lapsed claim is void from then on. Whoever is a moment later
-- passes by what another one holds or has claimed.
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::bytea[]) AS wanted (dead_letter_id, replay_token)
),
free AS (
    SELECT letter.dead_letter_id, letter.state, letter.claimed_by, letter.claimed_at, wanted.replay_token
    FROM wanted JOIN dead_letters AS letter ON letter.dead_letter_id = wanted.dead_letter_id
    WHERE letter.state IN ('parked', 'failed-again')
        OR (letter.state = 'replaying' AND letter.claimed_at <= clock_timestamp() - $5::interval)
    ORDER BY letter.dead_letter_id
    FOR UPDATE OF letter SKIP LOCKED
),
claimed AS (
    UPDATE dead_letters AS letter SET
        state = 'replaying',
        replay_token = free.replay_token,
        claimed_at = clock_timestamp(),
        claimed_by = $3::text
    FROM free
    WHERE letter.dead_letter_id = free.dead_letter_id
    RETURNING letter.dead_letter_id, letter.replay_token, letter.queue, letter.routing_key, letter.message_id,
        letter.properties, letter.body, letter.asked_at, letter.set_aside_by
),
noted AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before, state_after, details)
    SELECT dead_letter_id, action, $3::text, why, state_before, state_after, details
    FROM (
        SELECT 1 AS turn, dead_letter_id, 'lapsed' AS action, 'there was no outcome in time' AS why,
            'replaying' AS state_before, 'parked' AS state_after,
            json_build_object('claimedBy', claimed_by, 'claimedAt', claimed_at) AS details
        FROM free WHERE state = 'replaying'
        UNION ALL
        SELECT 2, dead_letter_id, 'replayed', $4::text, CASE WHEN state = 'replaying' THEN 'parked' ELSE state END,
            'replaying', NULL
        FROM free
    ) AS done
    ORDER BY dead_letter_id, turn
)
SELECT * FROM claimed

-- name: give_back_replays
-- Claims whose messages surely never reached a queue ($1: their tokens): as before the claim.
WITH held AS (
    SELECT letter.dead_letter_id, before.state_before
    FROM dead_letters AS letter
    CROSS JOIN LATERAL (
        SELECT state_before FROM dead_letter_actions AS done
        WHERE done.dead_letter_id = letter.dead_letter_id AND done.action = 'replayed'
        ORDER BY done.action_number DESC LIMIT 1
    ) AS before
    WHERE letter.replay_token = ANY ($1::bytea[])
    ORDER BY letter.dead_letter_id
    FOR UPDATE OF letter
),
given_back AS (
    UPDATE dead_letters AS letter SET
        state = held.state_before, replay_token = NULL, claimed_at = NULL, claimed_by = NULL
    FROM held
    WHERE letter.dead_letter_id = held.dead_letter_id
    RETURNING letter.dead_letter_id, letter.state
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before, state_after)
SELECT dead_letter_id, 'lapsed', $2::text, $3::text, 'replaying', state FROM given_back ORDER BY dead_letter_id

-- name: archive_copy
-- An edited copy of $1, which stays as it is. The copy is claimed at once: nobody else may send it.
WITH made AS (
    INSERT INTO dead_letters (
        dead_letter_id, state, code, reason, violations, fingerprint, pattern, set_aside_by, queue, exchange,
        routing_key, source, message_id, correlation_id, customer_id, cart_id, properties, body, words,
        asked_at, first_failed_at, last_failed_at, replay_token, claimed_at, claimed_by, copy_of
    )
    SELECT $2::text, 'replaying', code, reason, violations, fingerprint, pattern, set_aside_by, $3::text, exchange,
        $4::text, source, $5::text, correlation_id, $6::uuid, $7::uuid, $8::bytea, $9::bytea,
        array_to_tsvector(array_remove(string_to_array($10::text, ' '), '')),
        asked_at, first_failed_at, last_failed_at, $11::bytea, clock_timestamp(), $12::text, dead_letter_id
    FROM dead_letters
    WHERE dead_letter_id = $1
    RETURNING dead_letter_id, copy_of
),
edited AS (
    SELECT made.copy_of, made.dead_letter_id, original.state
    FROM made JOIN dead_letters AS original ON original.dead_letter_id = made.copy_of
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before, state_after, details)
SELECT dead_letter_id, action, $12::text, $13::text, state_before, state_after, details
FROM (
    SELECT 1 AS turn, copy_of AS dead_letter_id, 'edited' AS action, state AS state_before,
        state AS state_after, json_build_object('copy', dead_letter_id) AS details
    FROM edited
    UNION ALL
    SELECT 2, dead_letter_id, 'edited', NULL, 'parked', json_build_object('copyOf', copy_of) FROM edited
    UNION ALL
    SELECT 3, dead_letter_id, 'replayed', 'parked', 'replaying', NULL FROM edited
) AS done
ORDER BY turn

-- name: change_dead_letters
-- Discard ($2) what waits, or restore what was discarded; $6: age of a claim that has lapsed.
WITH held AS (
    SELECT dead_letter_id, state FROM dead_letters
    WHERE dead_letter_id = ANY ($1::text[])
        AND CASE $2::text
            WHEN 'discarded' THEN state IN ('parked', 'failed-again')
                OR (state = 'replaying' AND claimed_at <= clock_timestamp() - $6::interval)
            WHEN 'restored' THEN state = 'discarded'
        END
    ORDER BY dead_letter_id
    FOR UPDATE
),
changed AS (
    UPDATE dead_letters AS letter SET
        state = $3::text, replay_token = NULL, claimed_at = NULL, claimed_by = NULL
    FROM held
    WHERE letter.dead_letter_id = held.dead_letter_id
    RETURNING letter.dead_letter_id
),
noted AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, state_before, state_after)
    SELECT dead_letter_id, $2::text, $4::text, $5::text, held.state, $3::text
    FROM changed JOIN held USING (dead_letter_id)
    ORDER BY dead_letter_id
)
SELECT dead_letter_id FROM changed ORDER BY dead_letter_id

-- name: choose_dead_letters
-- Those that a filter ($1 to $9, as of list_dead_letters) finds after $10 and $11; what failed first comes first.
-- Without a claim, or where that is older than $12: what others are replaying is theirs. Read state by state, for
-- which there are indexes.
SELECT letter.*
FROM unnest($1::text[]) AS wanted (state)
CROSS JOIN LATERAL (
    SELECT dead_letter_id, state, queue, routing_key, last_failed_at
    FROM dead_letters
    WHERE dead_letters.state = wanted.state
        AND (claimed_at IS NULL OR claimed_at <= clock_timestamp() - $12::interval)
        AND ($2::text IS NULL OR code = $2)
        AND ($3::text IS NULL OR fingerprint = $3)
        AND ($4::uuid IS NULL OR customer_id = $4)
        AND ($5::uuid IS NULL OR cart_id = $5)
        AND ($6::text IS NULL OR source = $6)
        AND ($7::timestamptz IS NULL OR last_failed_at >= $7)
        AND ($8::timestamptz IS NULL OR last_failed_at < $8)
        AND ($9::text IS NULL OR words @@ $9::tsquery)
        AND last_failed_at >= $10::timestamptz
        AND (last_failed_at, dead_letter_id) > ($10::timestamptz, $11::text)
    ORDER BY last_failed_at, dead_letter_id
    LIMIT $13
) AS letter
ORDER BY letter.last_failed_at, letter.dead_letter_id
LIMIT $13

-- name: held_dead_letters
-- Who is replaying how many of those that a filter ($1 to $9, as of list_dead_letters) finds, and when the first
-- of these claims lapses, at the age of $10.
SELECT claimed_by, count(*) AS letters, min(claimed_at) + $10::interval AS until
FROM dead_letters
WHERE state = 'replaying'
    AND state = ANY ($1::text[])
    AND claimed_at > clock_timestamp() - $10::interval
    AND ($2::text IS NULL OR code = $2)
    AND ($3::text IS NULL OR fingerprint = $3)
    AND ($4::uuid IS NULL OR customer_id = $4)
    AND ($5::uuid IS NULL OR cart_id = $5)
    AND ($6::text IS NULL OR source = $6)
    AND ($7::timestamptz IS NULL OR last_failed_at >= $7)
    AND ($8::timestamptz IS NULL OR last_failed_at < $8)
    AND ($9::text IS NULL OR words @@ $9::tsquery)
GROUP BY claimed_by
ORDER BY claimed_by

-- name: named_dead_letters
-- Those with one of these ids ($1), with ids from there to before $2, or whose message has it; and by whom and
-- until when they are claimed, where that is not older than $3.
SELECT given.name, letter.dead_letter_id, letter.state, letter.queue, letter.routing_key, letter.last_failed_at,
    CASE WHEN letter.claimed_at > clock_timestamp() - $3::interval THEN letter.claimed_by END AS held_by,
    CASE WHEN letter.claimed_at > clock_timestamp() - $3::interval THEN letter.claimed_at + $3::interval END AS held_until
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (name, beyond, position)
JOIN dead_letters AS letter
    ON letter.dead_letter_id = given.name
    OR (letter.dead_letter_id >= given.name AND letter.dead_letter_id < given.beyond)
    OR letter.message_id = given.name
ORDER BY given.position, letter.dead_letter_id <> given.name, letter.last_failed_at DESC

-- name: dead_letter_states
SELECT dead_letter_id, state, claimed_by, claimed_at FROM dead_letters WHERE dead_letter_id = ANY ($1::text[])

-- name: whole_dead_letters
SELECT dead_letter_id, code, reason, violations, set_aside_by, queue, exchange, routing_key, source, message_id,
    correlation_id, customer_id, cart_id, properties, body, asked_at, first_failed_at, last_failed_at
FROM dead_letters
WHERE dead_letter_id = ANY ($1::text[])
ORDER BY dead_letter_id

-- name: note_exported
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, state_before, state_after, details)
SELECT dead_letter_id, 'exported', $2::text, state, state, json_build_object('to', $3::text)
FROM dead_letters WHERE dead_letter_id = ANY ($1::text[]) ORDER BY dead_letter_id
