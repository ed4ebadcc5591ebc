-- Version 4: what is counted, expires, or is rare is found without looking at all the rest.

-- Those whose time alone ends them: for counting and telling what has expired; and for lists, where they are few.
CREATE INDEX invite_by_end ON invite (expires_at) WHERE used < uses AND revoked_at IS NULL;

-- For lists. Only an index over hosts costs anything while invites are created.
CREATE INDEX invite_by_host ON invite (host);
CREATE INDEX invite_redeemed ON invite (id) WHERE used >= uses;
CREATE INDEX invite_revoked ON invite (id) WHERE used < uses AND revoked_at IS NOT NULL;
CREATE INDEX invite_by_kind ON invite (kind) WHERE kind <> 'account';
CREATE INDEX invite_by_inviter_text ON invite (inviter) WHERE inviter IS NOT NULL;

-- For reservations of names, and for lists that name no host.
DROP INDEX invite_by_username;
CREATE INDEX invite_by_username ON invite (username, host) WHERE username IS NOT NULL;

-- How many invites were pending at that moment, of all that there are now: see ../store/pending.rs. Of several who write at the
-- same time each has a slot of its own.
CREATE TABLE counted (
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE pending_count (
    source  TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    slot    INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL,
    PRIMARY KEY (source, host, slot)
) STRICT, WITHOUT ROWID;

-- Those that had expired by then: for lists, which are in the order of ids.
CREATE TABLE expired_invite (
    id INTEGER PRIMARY KEY
) STRICT;

-- Whoever adds invites counts them.
CREATE TRIGGER invite_changed AFTER UPDATE OF used, uses, revoked_at, expires_at ON invite
WHEN (NEW.used < NEW.uses AND NEW.revoked_at IS NULL AND NEW.expires_at > (SELECT until FROM counted))
    <> (OLD.used < OLD.uses AND OLD.revoked_at IS NULL AND OLD.expires_at > (SELECT until FROM counted))
BEGIN
    INSERT INTO pending_count (source, host, pending) VALUES (NEW.source, NEW.host,
        CASE WHEN NEW.used < NEW.uses AND NEW.revoked_at IS NULL AND NEW.expires_at > (SELECT until FROM counted)
        THEN 1 ELSE -1 END)
    ON CONFLICT (source, host, slot) DO UPDATE SET pending = pending + excluded.pending;
END;

CREATE TRIGGER expired_invite_changed AFTER UPDATE OF used, uses, revoked_at, expires_at ON invite
WHEN (NEW.used < NEW.uses AND NEW.revoked_at IS NULL AND NEW.expires_at <= (SELECT until FROM counted))
    <> (OLD.used < OLD.uses AND OLD.revoked_at IS NULL AND OLD.expires_at <= (SELECT until FROM counted))
BEGIN
    DELETE FROM expired_invite WHERE id = NEW.id;
    INSERT INTO expired_invite (id) SELECT NEW.id
        WHERE NEW.used < NEW.uses AND NEW.revoked_at IS NULL AND NEW.expires_at <= (SELECT until FROM counted);
END;

CREATE TRIGGER expired_invite_deleted AFTER DELETE ON invite
BEGIN
    DELETE FROM expired_invite WHERE id = OLD.id;
END;

CREATE TRIGGER invite_deleted AFTER DELETE ON invite
WHEN OLD.used < OLD.uses AND OLD.revoked_at IS NULL AND OLD.expires_at > (SELECT until FROM counted)
BEGIN
    INSERT INTO pending_count (source, host, pending) VALUES (OLD.source, OLD.host, -1)
    ON CONFLICT (source, host, slot) DO UPDATE SET pending = pending + excluded.pending;
END;
