-- Mail: messages are items beside links, with what their reading found, and the addresses they may be sent to.

-- The words a column may hold are in its CHECK. Rewriting the schema's text changes no row and needs no copy of the
-- tables: https://www.sqlite.org/lang_altertable.html#otheralter
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (kind IN (''link''))', 'CHECK (kind IN (''link'', ''message''))')
    WHERE type = 'table' AND name = 'item';
UPDATE sqlite_schema
    SET sql = replace(sql, 'IN (''inbox'', ''bookmarks'')', 'IN (''inbox'', ''bookmarks'', ''archive'', ''later'')')
    WHERE type = 'table' AND name = 'pool';
PRAGMA writable_schema = RESET;

ALTER TABLE pool ADD COLUMN skips_inbox INTEGER NOT NULL DEFAULT 0 CHECK (skips_inbox IN (0, 1));
ALTER TABLE item ADD COLUMN found_in INTEGER REFERENCES item ON DELETE SET NULL;  -- the message a link was saved from
ALTER TABLE item ADD COLUMN thread_id INTEGER NOT NULL DEFAULT 0;                 -- a message's, once it was read
ALTER TABLE item ADD COLUMN attachment_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN deferred_until INTEGER;  -- when what is in Later goes back
ALTER TABLE item ADD COLUMN deferred_from INTEGER REFERENCES pool ON DELETE SET NULL;
CREATE INDEX item_thread ON item (owner_id, thread_id) WHERE thread_id <> 0;
CREATE INDEX item_attached ON item (owner_id) WHERE attachment_count > 0;
CREATE INDEX item_found_in ON item (found_in) WHERE found_in IS NOT NULL;
CREATE INDEX item_deferred ON item (deferred_until) WHERE deferred_until IS NOT NULL;
CREATE INDEX item_deferred_from ON item (deferred_from) WHERE deferred_from IS NOT NULL;

-- `facts` and what follows stand last: lists read what comes before without them.
CREATE TABLE message (
    item_id INTEGER PRIMARY KEY REFERENCES item ON DELETE CASCADE,
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,  -- the item's: whose are to be read is one look-up
    source TEXT NOT NULL CHECK (source IN ('lmtp', 'import', 'pull')),
    sender TEXT NOT NULL,                -- the envelope's
    recipient TEXT NOT NULL,             -- the envelope's
    received_at INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    reader_revision INTEGER NOT NULL DEFAULT 0,  -- which reader read it; 0: none
    list_id TEXT NOT NULL DEFAULT '',
    correspondents TEXT NOT NULL DEFAULT '',  -- its From words, U+001F, its To and Cc words: for the search index
    facts BLOB,                          -- types.MessageFacts as JSON, zlib; NULL: not read
    text BLOB,                           -- UTF-8, zlib: what the search index was made of
    html BLOB,                           -- clean HTML, zlib
    feed_html BLOB                       -- clean HTML for readers, zlib
) STRICT;
CREATE INDEX message_owner ON message (owner_id, reader_revision);

-- How many messages a person has of each mailing list, those in the trash not counted.
CREATE TABLE mailing_list (
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    list_id TEXT NOT NULL,
    name TEXT NOT NULL,                  -- as the message said that was read last, of those that say one
    message_count INTEGER NOT NULL,
    PRIMARY KEY (owner_id, list_id)
) STRICT, WITHOUT ROWID;

-- Which conversation a Message-ID belongs to, also of messages that are only named; hashed, so that a row is small.
CREATE TABLE message_name (
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    hash BLOB NOT NULL,                  -- store.messages: 16 bytes of the id's BLAKE2b
    thread_id INTEGER NOT NULL,
    PRIMARY KEY (owner_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_name_thread ON message_name (owner_id, thread_id);

-- Whoever has written to a person before.
CREATE TABLE correspondent (
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    address TEXT NOT NULL,               -- in lower case
    PRIMARY KEY (owner_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    local_part TEXT NOT NULL UNIQUE,     -- in lower case
    purpose TEXT NOT NULL CHECK (purpose IN ('keep', 'save')),
    pool_id INTEGER REFERENCES pool ON DELETE SET NULL,  -- NULL: the Inbox
    label TEXT NOT NULL,
    allowed_senders TEXT NOT NULL,       -- addresses and domains, joined by spaces; '': everybody
    created_at INTEGER NOT NULL,
    use_count INTEGER NOT NULL DEFAULT 0,
    used_at INTEGER,
    disabled_at INTEGER
) STRICT;
CREATE INDEX delivery_address_person ON delivery_address (person_id);
CREATE INDEX delivery_address_pool ON delivery_address (pool_id);

-- The addresses that a person writes from: what comes from there to the save address saves its link.
CREATE TABLE own_address (
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    address TEXT NOT NULL,               -- in lower case
    PRIMARY KEY (person_id, address)
) STRICT, WITHOUT ROWID;

-- What is saved is indexed, and again when it was read, moved or edited, so many pieces of the index are soon half dead.
-- By default (10 %) FTS5 writes a piece out anew for that. Here the dead half goes when pieces are merged because they
-- are many: https://www.sqlite.org/fts5.html#the_deletemerge_configuration_option
INSERT INTO item_text (item_text, rank) VALUES ('deletemerge', 50);
