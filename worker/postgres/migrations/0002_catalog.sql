-- What may be bought. The revision counts imports, so that workers see with one small read that it changed.

CREATE TABLE catalog_items (
    catalog_item_id text PRIMARY KEY CHECK (catalog_item_id <> ''),
    content         json NOT NULL
);

CREATE TABLE catalog_revision (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision  bigint  NOT NULL
);

INSERT INTO catalog_revision (revision) VALUES (0);
