-- Roles with the least rights: for running workers, and for operators who look things up, import catalogs and work on
-- dead letters. After each `checkout migrate`, as the owner of the schema with CREATEROLE, or as a superuser:
--
--     psql -v ON_ERROR_STOP=1 -1 -d checkout -f deploy/postgresql/roles.sql
--
-- Then a login for each, and the owner's for `checkout migrate` alone:
--
--     CREATE ROLE worker_eu LOGIN PASSWORD '...' IN ROLE checkout_worker;
--     CREATE ROLE jane LOGIN PASSWORD '...' IN ROLE checkout_operator;
--
-- The tables are those of the search path. Where that is not public: ALTER DATABASE ... SET search_path, since a login
-- does not take on the settings of its roles. A right that is missing stops a worker, not one message: run this before
-- workers of a new version start. What an operator deletes by hand leaves no history; the command line's does.
--
-- A database that was made before PostgreSQL 15 lets every login of the cluster make functions in public, which other
-- logins may call unawares: GRANT CREATE ON SCHEMA public TO the owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['checkout_worker', 'checkout_operator'] LOOP
        IF to_regrole(name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), name);
        -- What an earlier version of this file granted, and this one does not.
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), name);
    END LOOP;
END
$$;

-- A worker removes no cart, order or dead letter, and changes no order, no event, and no dead letter's message.
GRANT SELECT ON schema_migrations, catalog_items, catalog_revision TO checkout_worker;
GRANT SELECT, INSERT, UPDATE ON carts TO checkout_worker;
GRANT SELECT, INSERT ON outcomes, orders, order_line_items, order_errors TO checkout_worker;
GRANT UPDATE (publication, published_at, attempted_at) ON outcomes TO checkout_worker;
GRANT UPDATE (code, description, created_at) ON order_errors TO checkout_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON attempts, workers TO checkout_worker;
GRANT SELECT, INSERT ON dead_letters, dead_letter_counts TO checkout_worker;
GRANT UPDATE (
    state, code, reason, violations, fingerprint, pattern, failures, last_failed_at, replay_token, claimed_at,
    claimed_by, outcome_customer_id, outcome_message_id
) ON dead_letters TO checkout_worker;
GRANT UPDATE (letters) ON dead_letter_counts TO checkout_worker;
-- When something was done is the database's own word, here and below.
GRANT INSERT (dead_letter_id, action, actor, why, state_before, state_after, details)
    ON dead_letter_actions TO checkout_worker;

-- An operator writes no cart, no order and no event.
GRANT SELECT ON schema_migrations, carts, orders, outcomes TO checkout_operator;
GRANT UPDATE (publication, published_at) ON outcomes TO checkout_operator;
GRANT SELECT, INSERT, DELETE ON catalog_items TO checkout_operator;
GRANT SELECT, UPDATE (revision) ON catalog_revision TO checkout_operator;
GRANT SELECT, INSERT, DELETE, UPDATE (state, replay_token, claimed_at, claimed_by)
    ON dead_letters TO checkout_operator;
GRANT SELECT, INSERT, UPDATE (letters) ON dead_letter_counts TO checkout_operator;
GRANT SELECT ON dead_letter_actions TO checkout_operator;
GRANT INSERT (dead_letter_id, action, actor, why, state_before, state_after, details)
    ON dead_letter_actions TO checkout_operator;
