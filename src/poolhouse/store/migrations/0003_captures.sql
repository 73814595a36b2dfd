-- Captures of pages, and whether links still lead anywhere.

ALTER TABLE pool ADD COLUMN capture TEXT NOT NULL DEFAULT 'text' CHECK (capture IN ('off', 'text', 'full'));
ALTER TABLE pool ADD COLUMN feed_text INTEGER NOT NULL DEFAULT 0 CHECK (feed_text IN (0, 1));
UPDATE pool SET capture = 'off' WHERE kind = 'computed';  -- nothing is saved into one

-- Versions of an item's page; a row is never changed. `text` stands last: what comes before is read without it.
CREATE TABLE capture (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    url_key TEXT NOT NULL,               -- the item's at the time: at another address it shows another page's captures
    captured_at INTEGER NOT NULL,
    url TEXT NOT NULL,                   -- after redirects
    mode TEXT NOT NULL CHECK (mode IN ('text', 'full')),
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    published_at INTEGER,
    language TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    word_count INTEGER NOT NULL,         -- 0: nothing readable
    reader_blob TEXT,                    -- SHA-256 of a blob: the clean HTML, gzip
    page_blob TEXT,                      -- SHA-256 of a blob: the whole page, gzip
    thumbnail_blob TEXT,                 -- SHA-256 of a blob
    size_bytes INTEGER NOT NULL,
    text BLOB NOT NULL                   -- UTF-8, zlib; the search index is contentless and asks for it again
) STRICT;
CREATE INDEX capture_item ON capture (item_id);

-- The item's current capture and what lists show of it: store.captures.SETTLE.
ALTER TABLE item ADD COLUMN capture_id INTEGER;
ALTER TABLE item ADD COLUMN capture_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN word_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN thumbnail TEXT;

ALTER TABLE item ADD COLUMN check_at INTEGER;       -- when the link is to be looked at next; NULL: never
ALTER TABLE item ADD COLUMN checked_at INTEGER;
ALTER TABLE item ADD COLUMN failing_since INTEGER;  -- the first of the looks in a row that found it gone
ALTER TABLE item ADD COLUMN dead_since INTEGER;     -- the same, once they were enough: rules.checks
ALTER TABLE item ADD COLUMN dead_reason TEXT;
UPDATE item SET check_at = created_at + 2592000 WHERE url LIKE 'http:%' OR url LIKE 'https:%';
CREATE INDEX item_check ON item (check_at) WHERE check_at IS NOT NULL AND trashed_at IS NULL;

-- Pages that were to be read are jobs now; people take turns.
INSERT INTO tuple (kind, key, body, person_id, label, turn, state, created_at, changed_at)
    SELECT 'read-page', CAST(id AS TEXT), json_object('item_id', id, 'url', url, 'is_again', json('false')), owner_id, title,
        row_number() OVER (PARTITION BY owner_id ORDER BY id), 'ready', saved_at, saved_at
    FROM item WHERE page_state = 'pending' ORDER BY id;
DROP INDEX item_pending;
