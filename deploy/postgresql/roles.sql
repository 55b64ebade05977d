-- Roles with the least rights. Run it as a superuser in the worker's database, after each `checkout migrate`:
--
--     psql -d checkout -f deploy/postgresql/roles.sql
--
-- Then make a login for whoever works with it, and leave the owner of the schema to `checkout migrate`:
--
--     CREATE ROLE worker_eu LOGIN PASSWORD '...' IN ROLE checkout_worker;
--     CREATE ROLE jane LOGIN PASSWORD '...' IN ROLE checkout_operator;
--
-- A schema of its own needs GRANT USAGE ON SCHEMA as well.

DO $$
BEGIN
    IF to_regrole('checkout_worker') IS NULL THEN
        CREATE ROLE checkout_worker NOLOGIN;
    END IF;
    IF to_regrole('checkout_operator') IS NULL THEN
        CREATE ROLE checkout_operator NOLOGIN;
    END IF;
END
$$;

-- A running worker. It removes no cart, no order and no dead letter.
GRANT SELECT ON schema_migrations, catalog_items, catalog_revision TO checkout_worker;
GRANT SELECT, INSERT ON orders, order_line_items, dead_letter_actions TO checkout_worker;
GRANT SELECT, INSERT, UPDATE ON carts, outcomes, order_errors, dead_letters, dead_letter_counts TO checkout_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON attempts, workers TO checkout_worker;

-- Whoever looks things up, imports catalogs, and works on dead letters. It writes no cart and no order.
GRANT SELECT
    ON schema_migrations, carts, outcomes, checkouts, cart_updates, orders, order_line_items, order_errors, workers
    TO checkout_operator;
GRANT UPDATE (publication, published_at, attempted_at) ON outcomes TO checkout_operator;
GRANT SELECT, INSERT, DELETE ON catalog_items TO checkout_operator;
GRANT SELECT, UPDATE ON catalog_revision TO checkout_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO checkout_operator;
GRANT SELECT, INSERT, UPDATE ON dead_letter_counts TO checkout_operator;
GRANT SELECT, INSERT ON dead_letter_actions TO checkout_operator;
