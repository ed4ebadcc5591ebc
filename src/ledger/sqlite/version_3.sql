-- Version 3: what others are to be told.

-- What others are to be told, written with what happened; it goes when it was delivered. Rows of one topic are sent one after
-- the other, in the order of their ids. `message` is what a receiver knows a row by that it gets twice. A row whose time is over
-- is dead: it is not sent until somebody has it tried again.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    channel    TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,
    dead_at    INTEGER,
    body       BLOB    NOT NULL
) STRICT;

CREATE INDEX outbox_waiting ON outbox (channel, id) WHERE dead_at IS NULL;

-- Next to always there is none.
CREATE INDEX outbox_dead ON outbox (channel) WHERE dead_at IS NOT NULL;

-- How each channel goes; of several nodes the holder alone sends, until its time is over.
CREATE TABLE outbox_channel (
    channel      TEXT PRIMARY KEY,
    holder       TEXT    NOT NULL DEFAULT '',
    held_until   INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    failed_at    INTEGER,
    failure      TEXT
) STRICT, WITHOUT ROWID;
