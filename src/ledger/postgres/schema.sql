-- Version 1. Times are milliseconds since 1970, UTC. The same tables as in ../sqlite/schema.sql; every number is a BIGINT.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

-- The id is the public half of the token; the secret half is nowhere. Ids grow with time, so rows are appended.
CREATE TABLE invite (
    id         BIGINT PRIMARY KEY,
    kind       TEXT   NOT NULL CHECK (kind IN ('account', 'contact', 'reset')),
    host       TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    username   TEXT,
    contact    TEXT,
    inviter    TEXT,
    groups     TEXT,
    roles      TEXT,
    note       TEXT,
    uses       BIGINT NOT NULL CHECK (uses > 0),
    used       BIGINT NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT,
    revoked_at BIGINT,
    -- The server's own token for an app, sealed under the ledger key, while it may still be used; counts as a use.
    -- It is out until it is known what became of it, also when its time is over.
    app_token       BYTEA,
    app_expires_at  BIGINT,
    -- Whether it is being taken back: then that it is gone from the server does not mean that somebody used it.
    app_withdrawing BIGINT NOT NULL DEFAULT 0 CHECK (app_withdrawing IN (0, 1))
);

-- For taking back what is not to be used any more, and for hearing what was used.
CREATE INDEX invite_by_app_token ON invite (id) WHERE app_token IS NOT NULL;

-- Invites that a host's server made itself: a MAC of the server's token.
CREATE TABLE adopted (
    token  BYTEA  PRIMARY KEY,
    invite BIGINT NOT NULL REFERENCES invite (id) ON DELETE CASCADE
);

CREATE INDEX adopted_by_invite ON adopted (invite);

-- For a key's pending invites and its lists; appended within each source.
CREATE INDEX invite_by_source ON invite (source);

-- For reservations of names; rows without a name cost nothing.
CREATE INDEX invite_by_username ON invite (host, username) WHERE username IS NOT NULL;

-- One row a key that was used: when last, and how much of its rate is used (microseconds, see src/rate.rs).
CREATE TABLE key_use (
    key          TEXT PRIMARY KEY,
    last_used_at BIGINT NOT NULL,
    rate_used    BIGINT NOT NULL
);

-- Who redeemed what: one row a use; they go with the invite. While an account is being made its use is reserved: then
-- `made` is 0, and if nobody says how that ended, the server is asked. `with_token`: the use is the one that the server's
-- token holds, which is used up with it.
CREATE TABLE redemption (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invite  BIGINT NOT NULL REFERENCES invite (id) ON DELETE CASCADE,
    host    TEXT   NOT NULL,
    account TEXT,
    at      BIGINT NOT NULL,
    via     TEXT   NOT NULL CHECK (via IN ('api', 'web', 'app')),
    made    BIGINT NOT NULL DEFAULT 1 CHECK (made IN (0, 1)),
    with_token BIGINT NOT NULL DEFAULT 0 CHECK (with_token IN (0, 1))
);

CREATE INDEX redemption_reserved ON redemption (at) WHERE made = 0;

CREATE INDEX redemption_by_invite ON redemption (invite);

-- For names that are taken.
CREATE INDEX redemption_by_account ON redemption (host, account) WHERE account IS NOT NULL;

-- Answers to requests with an Idempotency-Key: MACs of what was asked, and the answer sealed under the ledger key.
CREATE TABLE answer (
    slot    BYTEA  NOT NULL UNIQUE,
    request BYTEA  NOT NULL,
    made_at BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL
);

CREATE INDEX answer_by_time ON answer (made_at);

-- Tokens that were used and are for one use: the first half of SHA-256 of `jti`, and when they are refused by themselves.
CREATE TABLE used_jti (
    key   TEXT   NOT NULL,
    jti   BYTEA  NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (key, jti)
);

-- For forgetting them.
CREATE INDEX used_jti_by_until ON used_jti (until);
