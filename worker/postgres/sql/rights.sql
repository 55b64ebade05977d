-- name: lacking_rights
-- What deploy/postgresql/roles.sql grants to a role, line by line, and who asks lacks.
WITH granted (role, privileges, tables, columns) AS (
    VALUES
    ('checkout_worker', '{SELECT}'::text[], '{schema_migrations,catalog_items,catalog_revision}'::text[], NULL::text[]),
    ('checkout_worker', '{SELECT,INSERT,UPDATE}', '{carts}', NULL),
    ('checkout_worker', '{SELECT,INSERT}', '{outcomes,orders,order_line_items,order_errors}', NULL),
    ('checkout_worker', '{UPDATE}', '{outcomes}', '{publication,published_at,attempted_at}'),
    ('checkout_worker', '{UPDATE}', '{order_errors}', '{code,description,created_at}'),
    ('checkout_worker', '{SELECT,INSERT,UPDATE,DELETE}', '{attempts,workers}', NULL),
    ('checkout_worker', '{SELECT,INSERT}', '{dead_letters,dead_letter_counts}', NULL),
    (
        'checkout_worker', '{UPDATE}', '{dead_letters}',
        '{state,code,reason,violations,fingerprint,pattern,failures,last_failed_at,replay_token,claimed_at,'
        'claimed_by,outcome_customer_id,outcome_message_id}'
    ),
    ('checkout_worker', '{UPDATE}', '{dead_letter_counts}', '{letters}'),
    (
        'checkout_worker', '{INSERT}', '{dead_letter_actions}',
        '{dead_letter_id,action,actor,why,state_before,state_after,details}'
    ),
    ('checkout_operator', '{SELECT}', '{schema_migrations,carts,orders,outcomes}', NULL),
    ('checkout_operator', '{UPDATE}', '{outcomes}', '{publication,published_at}'),
    ('checkout_operator', '{SELECT,INSERT,DELETE}', '{catalog_items}', NULL),
    ('checkout_operator', '{SELECT}', '{catalog_revision}', NULL),
    ('checkout_operator', '{UPDATE}', '{catalog_revision}', '{revision}'),
    ('checkout_operator', '{SELECT,INSERT,DELETE}', '{dead_letters}', NULL),
    ('checkout_operator', '{UPDATE}', '{dead_letters}', '{state,replay_token,claimed_at,claimed_by}'),
    ('checkout_operator', '{SELECT,INSERT}', '{dead_letter_counts}', NULL),
    ('checkout_operator', '{UPDATE}', '{dead_letter_counts}', '{letters}'),
    ('checkout_operator', '{SELECT}', '{dead_letter_actions}', NULL),
    (
        'checkout_operator', '{INSERT}', '{dead_letter_actions}',
        '{dead_letter_id,action,actor,why,state_before,state_after,details}'
    )
)
SELECT privilege, relation, "column"
FROM granted
CROSS JOIN unnest(privileges) AS privilege
CROSS JOIN unnest(tables) AS relation
CROSS JOIN unnest(coalesce(columns, '{NULL}')) AS "column"
WHERE role = $1 AND NOT CASE
    WHEN "column" IS NULL THEN has_table_privilege(relation, privilege)
    ELSE has_column_privilege(relation, "column", privilege)
END
ORDER BY relation, privilege, "column"
