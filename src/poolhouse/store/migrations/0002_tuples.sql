-- The durable tuple space: jobs, put in the same transaction as what caused them.

CREATE TABLE tuple (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                  -- space.entries.kind_of
    key TEXT,                            -- space.shelf.key_of the first field; NULL where there is none
    body TEXT NOT NULL,                  -- the fields as JSON
    person_id INTEGER REFERENCES person ON DELETE CASCADE,  -- who takes turns with others; NULL: the server itself
    label TEXT NOT NULL,                 -- what a person reads of it
    turn INTEGER NOT NULL,               -- the lowest of a kind goes first, then the oldest
    state TEXT NOT NULL CHECK (state IN ('ready', 'held', 'dead', 'done')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    reason TEXT NOT NULL DEFAULT '',     -- of the last failure
    owner TEXT,                          -- which server holds it
    lease_until INTEGER,                 -- after this others may take it from that server
    report TEXT,                         -- what came of a job that is done, and kept until its person has read it
    done INTEGER,                        -- how far a long one is, of `total`
    total INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    CHECK ((state = 'held') = (owner IS NOT NULL)),
    CHECK ((owner IS NULL) = (lease_until IS NULL)),
    CHECK ((state = 'done') = (report IS NOT NULL)),
    CHECK (state <> 'dead' OR reason <> '')
) STRICT;
CREATE INDEX tuple_next ON tuple (kind, turn) WHERE state = 'ready';
CREATE INDEX tuple_key ON tuple (kind, key, turn) WHERE state = 'ready';
CREATE INDEX tuple_person ON tuple (person_id, state, kind, turn);
CREATE INDEX tuple_held ON tuple (lease_until) WHERE state = 'held';
CREATE INDEX tuple_dead ON tuple (id) WHERE state = 'dead';
CREATE INDEX tuple_done ON tuple (changed_at) WHERE state = 'done';
