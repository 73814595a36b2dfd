-- How far the import of a file of many messages is, so that one that was broken off goes on where it was.

CREATE TABLE mail_import (
    person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    path TEXT NOT NULL,
    member TEXT NOT NULL,                -- of the archive at `path`; '': the file itself
    size_bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    terms TEXT NOT NULL,                 -- types.MailSource
    byte_offset INTEGER NOT NULL,        -- everything before it is kept
    added INTEGER NOT NULL,
    present INTEGER NOT NULL,
    refused_count INTEGER NOT NULL,
    refused TEXT NOT NULL,               -- the first of them as JSON: place, reason
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, path, member)
) STRICT, WITHOUT ROWID;
