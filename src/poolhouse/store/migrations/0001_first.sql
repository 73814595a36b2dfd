-- The first schema. Times are seconds since 1970-01-01 UTC. Ids are never reused (AUTOINCREMENT).

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT,                  -- argon2id, PHC string; NULL: cannot log in with a password
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,     -- keyed hash of the cookie
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expiry ON session (expires_at);

-- A tree per person. `path` is the names from the root joined by "/"; it is kept, so that a look-up needs no recursion.
CREATE TABLE pool (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    parent_id INTEGER REFERENCES pool,
    name TEXT NOT NULL,
    path TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('manual', 'computed')),
    role TEXT CHECK (role IN ('inbox', 'bookmarks')),
    query TEXT,                          -- the saved search of a computed pool
    version INTEGER NOT NULL,            -- seq of the last change a reader could see
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,         -- goes with version, never back
    entry_count INTEGER NOT NULL DEFAULT 0,
    last_number INTEGER NOT NULL DEFAULT 0,
    last_position INTEGER NOT NULL DEFAULT 0,
    trashed_at INTEGER,
    CHECK ((kind = 'computed') = (query IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX pool_path ON pool (owner_id, path) WHERE trashed_at IS NULL;
CREATE UNIQUE INDEX pool_role ON pool (owner_id, role) WHERE role IS NOT NULL;
CREATE INDEX pool_parent ON pool (parent_id);

CREATE TABLE item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('link')),
    url TEXT NOT NULL,
    url_key TEXT NOT NULL,               -- rules.urls.url_key: the same page is one item
    title TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    page_state TEXT NOT NULL CHECK (page_state IN ('pending', 'done', 'failed', 'unwanted')),
    page_error TEXT,
    favicon TEXT,                        -- SHA-256 of a blob
    blob TEXT,                           -- SHA-256 of a blob
    trashed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX item_key ON item (owner_id, url_key);
CREATE INDEX item_pending ON item (id) WHERE page_state = 'pending';
CREATE INDEX item_trashed ON item (owner_id, id) WHERE trashed_at IS NOT NULL;

-- Clustered by the order in which a pool is read.
CREATE TABLE membership (
    pool_id INTEGER NOT NULL REFERENCES pool ON DELETE CASCADE,
    position INTEGER NOT NULL,           -- larger is nearer the top
    number INTEGER NOT NULL,             -- names the place for ever, never reused in the pool
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    version INTEGER NOT NULL,            -- seq of the last change of this entry a reader could see
    PRIMARY KEY (pool_id, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX membership_item ON membership (item_id, pool_id);
CREATE INDEX membership_version ON membership (pool_id, version);

CREATE TABLE tag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    key TEXT NOT NULL,                   -- rules.tags.tag_key: how tags are compared
    name TEXT NOT NULL,
    item_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX tag_key ON tag (owner_id, key);

CREATE TABLE item_tag (
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tag ON DELETE CASCADE,
    PRIMARY KEY (item_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_tag_tag ON item_tag (tag_id);

CREATE TABLE mark (
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name IN ('read', 'starred')),
    PRIMARY KEY (item_id, person_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX mark_person ON mark (person_id);

CREATE TABLE trashed_place (
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    pool_id INTEGER NOT NULL REFERENCES pool ON DELETE CASCADE,
    PRIMARY KEY (item_id, pool_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX trashed_place_pool ON trashed_place (pool_id);

CREATE TABLE secret (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,           -- keyed hash; the secret itself is shown once and kept nowhere
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('feed', 'token')),
    pool_id INTEGER REFERENCES pool ON DELETE CASCADE,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    used_by TEXT,                        -- User-Agent of the last use
    used_status INTEGER,                 -- how we answered it
    cut_off_at INTEGER,
    CHECK ((kind = 'feed') = (pool_id IS NOT NULL))
) STRICT;
CREATE INDEX secret_person ON secret (person_id);
CREATE INDEX secret_pool ON secret (pool_id);

CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    pool_id INTEGER,
    item_id INTEGER,
    number INTEGER
) STRICT;

-- `facet` holds made-up words, so that a condition costs what a word costs: o7 owner, t9 tag, p3 manual pool, klink kind,
-- h… each suffix of the host (hashed), untagged. Contentless: the texts are in item; deletes need no old text (SQLite ≥ 3.43).
CREATE VIRTUAL TABLE item_text USING fts5 (
    facet, title, note, description, url, tags, body,
    content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
