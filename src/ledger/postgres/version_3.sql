-- Version 3: what others are to be told. The same as in ../sqlite/version_3.sql.
CREATE TABLE outbox (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel    TEXT   NOT NULL,
    message    TEXT   NOT NULL,
    topic      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    give_up_at BIGINT NOT NULL,
    dead_at    BIGINT,
    body       BYTEA  NOT NULL
);

CREATE INDEX outbox_waiting ON outbox (channel, id) WHERE dead_at IS NULL;

CREATE INDEX outbox_dead ON outbox (channel) WHERE dead_at IS NOT NULL;

CREATE TABLE outbox_channel (
    channel      TEXT PRIMARY KEY,
    holder       TEXT   NOT NULL DEFAULT '',
    held_until   BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT,
    failed_at    BIGINT,
    failure      TEXT
);
