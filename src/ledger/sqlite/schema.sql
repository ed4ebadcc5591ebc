-- Version 1. Times are milliseconds since 1970, UTC.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The id is the public half of the token; the secret half is nowhere. Ids grow with time, so rows are appended.
CREATE TABLE invite (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('account', 'contact', 'reset')),
    host       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    username   TEXT,
    contact    TEXT,
    inviter    TEXT,
    groups     TEXT,
    roles      TEXT,
    note       TEXT,
    uses       INTEGER NOT NULL CHECK (uses > 0),
    used       INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER,
    revoked_at INTEGER,
    -- The server's own token for an app, sealed under the ledger key, while it may still be used; counts as a use.
    -- It is out until it is known what became of it, also when its time is over.
    app_token       BLOB,
    app_expires_at  INTEGER,
    -- Whether it is being taken back: then that it is gone from the server does not mean that somebody used it.
    app_withdrawing INTEGER NOT NULL DEFAULT 0 CHECK (app_withdrawing IN (0, 1))
) STRICT;

-- For taking back what is not to be used any more, and for hearing what was used.
CREATE INDEX invite_by_app_token ON invite (id) WHERE app_token IS NOT NULL;

-- Invites that a host's server made itself: a MAC of the server's token.
CREATE TABLE adopted (
    token  BLOB    PRIMARY KEY,
    invite INTEGER NOT NULL REFERENCES invite (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX adopted_by_invite ON adopted (invite);

-- For a key's pending invites and its lists; appended within each source.
CREATE INDEX invite_by_source ON invite (source);

-- For reservations of names; rows without a name cost nothing.
CREATE INDEX invite_by_username ON invite (host, username) WHERE username IS NOT NULL;

-- One row a key that was used: when last, and how much of its rate is used (microseconds, see src/rate.rs).
CREATE TABLE key_use (
    key          TEXT PRIMARY KEY,
    last_used_at INTEGER NOT NULL,
    rate_used    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who redeemed what: one row a use; they go with the invite. While an account is being made its use is reserved: then
-- `made` is 0, and if nobody says how that ended, the server is asked. `with_token`: the use is the one that the server's
-- token holds, which is used up with it.
CREATE TABLE redemption (
    id      INTEGER PRIMARY KEY,
    invite  INTEGER NOT NULL REFERENCES invite (id) ON DELETE CASCADE,
    host    TEXT    NOT NULL,
    account TEXT,
    at      INTEGER NOT NULL,
    via     TEXT    NOT NULL CHECK (via IN ('api', 'web', 'app')),
    made    INTEGER NOT NULL DEFAULT 1 CHECK (made IN (0, 1)),
    with_token INTEGER NOT NULL DEFAULT 0 CHECK (with_token IN (0, 1))
) STRICT;

CREATE INDEX redemption_reserved ON redemption (at) WHERE made = 0;

CREATE INDEX redemption_by_invite ON redemption (invite);

-- For names that are taken.
CREATE INDEX redemption_by_account ON redemption (host, account) WHERE account IS NOT NULL;

-- Answers to requests with an Idempotency-Key: MACs of what was asked, and the answer sealed under the ledger key.
CREATE TABLE answer (
    slot    BLOB    NOT NULL UNIQUE,
    request BLOB    NOT NULL,
    made_at INTEGER NOT NULL,
    sealed  BLOB    NOT NULL
) STRICT;

CREATE INDEX answer_by_time ON answer (made_at);

-- Tokens that were used and are for one use: the first half of SHA-256 of `jti`, and when they are refused by themselves.
CREATE TABLE used_jti (
    key   TEXT    NOT NULL,
    jti   BLOB    NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (key, jti)
) STRICT, WITHOUT ROWID;

-- For forgetting them.
CREATE INDEX used_jti_by_until ON used_jti (until);
