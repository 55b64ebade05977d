-- name: revision
SELECT revision FROM catalog_revision

-- name: items
SELECT content FROM catalog_items

-- name: list_items
SELECT content FROM catalog_items ORDER BY catalog_item_id LIMIT $1

-- name: count_items
SELECT count(*) FROM catalog_items

-- name: clear_items
DELETE FROM catalog_items

-- name: insert_items
INSERT INTO catalog_items (catalog_item_id, content)
SELECT catalog_item_id, content::json FROM unnest($1::text[], $2::text[]) AS item (catalog_item_id, content)

-- name: next_revision
UPDATE catalog_revision SET revision = revision + 1 RETURNING revision
