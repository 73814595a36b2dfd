-- Mail accounts elsewhere that messages are pulled from, and how far.

CREATE TABLE mail_account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    label TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    security TEXT NOT NULL CHECK (security IN ('tls', 'starttls', 'plain')),
    user_name TEXT NOT NULL,
    sealed BLOB,                         -- the password: ports.Sealer, for exactly this account and place
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'stopped')),
    mirrors_read INTEGER NOT NULL DEFAULT 0 CHECK (mirrors_read IN (0, 1)),
    mirrors_starred INTEGER NOT NULL DEFAULT 0 CHECK (mirrors_starred IN (0, 1)),
    revision INTEGER NOT NULL DEFAULT 1,
    reason TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    asked_at INTEGER,
    new_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mail_account_person ON mail_account (person_id);

CREATE TABLE mail_folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES mail_account ON DELETE CASCADE,
    name TEXT NOT NULL,                  -- as its server calls it, decoded
    delimiter TEXT NOT NULL,             -- between it and its parents
    is_chosen INTEGER NOT NULL CHECK (is_chosen IN (0, 1)),
    pool_id INTEGER REFERENCES pool ON DELETE SET NULL,  -- NULL: the Inbox
    uid_validity INTEGER NOT NULL DEFAULT 0,
    last_uid INTEGER NOT NULL DEFAULT 0, -- everything up to it is kept
    mod_seq INTEGER NOT NULL DEFAULT 0,
    pulled_count INTEGER NOT NULL DEFAULT 0,
    left_count INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (account_id, name)
) STRICT;
CREATE INDEX mail_folder_pool ON mail_folder (pool_id);

-- What came from a folder, so that flags find their items, and a folder that is listed anew brings nothing twice.
CREATE TABLE pulled_message (
    folder_id INTEGER NOT NULL REFERENCES mail_folder ON DELETE CASCADE,
    item_id INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
    uid INTEGER NOT NULL,                -- 0: under an earlier UIDVALIDITY
    flags INTEGER NOT NULL,              -- 1: read there, 2: starred there
    PRIMARY KEY (folder_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pulled_message_uid ON pulled_message (folder_id, uid);
CREATE INDEX pulled_message_item ON pulled_message (item_id);
