-- name: revision
SELECT revision FROM catalog_revision

-- name: next_revision
-- First of all that an import does: the row's lock makes imports wait for each other. Who listens is told when
-- the import commits.
WITH counted AS (UPDATE catalog_revision SET revision = revision + 1 RETURNING revision)
SELECT revision, pg_notify('checkout_catalog', revision::text) FROM counted

-- name: items
SELECT catalog_item_id, content FROM catalog_items

-- name: clear_items
DELETE FROM catalog_items

-- name: list_items
SELECT catalog_item_id, content FROM catalog_items
WHERE ($2::text IS NULL OR catalog_item_id = $2)
    AND ($3::text IS NULL OR strpos(lower(catalog_item_id), lower($3)) > 0
        OR strpos(lower(content ->> 'title'), lower($3)) > 0)
ORDER BY catalog_item_id
LIMIT $1

-- name: count_items
SELECT count(*) FROM catalog_items
