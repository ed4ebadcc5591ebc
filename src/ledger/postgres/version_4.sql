-- Version 4: what is counted, expires, or is rare is found without looking at all the rest. The same as in
-- ../sqlite/version_4.sql; here each index has the order of a list of its own.
CREATE INDEX invite_by_end ON invite (expires_at, id) WHERE used < uses AND revoked_at IS NULL;
CREATE INDEX invite_by_host ON invite (host, id);
CREATE INDEX invite_redeemed ON invite (id) WHERE used >= uses;
CREATE INDEX invite_revoked ON invite (id) WHERE used < uses AND revoked_at IS NOT NULL;
CREATE INDEX invite_by_kind ON invite (kind, id) WHERE kind <> 'account';
CREATE INDEX invite_by_inviter_text ON invite (inviter, id) WHERE inviter IS NOT NULL;

DROP INDEX invite_by_username;
CREATE INDEX invite_by_username ON invite (username, host, id) WHERE username IS NOT NULL;
DROP INDEX invite_by_source;
CREATE INDEX invite_by_source ON invite (source, id);
DROP INDEX invite_by_inviter;
CREATE INDEX invite_by_inviter ON invite (invited_by, id) WHERE invited_by IS NOT NULL;

CREATE TABLE counted (
    until BIGINT NOT NULL
);

CREATE TABLE pending_count (
    source  TEXT   NOT NULL,
    host    TEXT   NOT NULL,
    slot    BIGINT NOT NULL DEFAULT 0,
    pending BIGINT NOT NULL,
    PRIMARY KEY (source, host, slot)
) WITH (fillfactor = 50);

CREATE TABLE expired_invite (
    id BIGINT PRIMARY KEY
);

CREATE OR REPLACE FUNCTION invite_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at BIGINT := (SELECT until FROM counted);
    was_open BOOLEAN := OLD.used < OLD.uses AND OLD.revoked_at IS NULL;
    is_open BOOLEAN := NEW.used < NEW.uses AND NEW.revoked_at IS NULL;
    before INT := (was_open AND OLD.expires_at > at)::INT;
    now INT := (is_open AND NEW.expires_at > at)::INT;
BEGIN
    IF before <> now THEN
        INSERT INTO pending_count AS own (source, host, slot, pending)
            VALUES (NEW.source, NEW.host, pg_backend_pid(), now - before)
            ON CONFLICT (source, host, slot) DO UPDATE SET pending = own.pending + excluded.pending;
    END IF;
    IF was_open AND OLD.expires_at <= at AND NOT (is_open AND NEW.expires_at <= at) THEN
        DELETE FROM expired_invite WHERE id = NEW.id;
    ELSIF is_open AND NEW.expires_at <= at AND NOT (was_open AND OLD.expires_at <= at) THEN
        INSERT INTO expired_invite (id) VALUES (NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER invite_changed AFTER UPDATE OF used, uses, revoked_at, expires_at ON invite
    FOR EACH ROW EXECUTE FUNCTION invite_changed();

CREATE OR REPLACE FUNCTION invite_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pending_count AS own (source, host, slot, pending)
        SELECT source, host, pg_backend_pid(), -count(*) FROM deleted
        WHERE used < uses AND revoked_at IS NULL AND expires_at > (SELECT until FROM counted) GROUP BY source, host
        ON CONFLICT (source, host, slot) DO UPDATE SET pending = own.pending + excluded.pending;
    DELETE FROM expired_invite USING deleted WHERE expired_invite.id = deleted.id;
    RETURN NULL;
END $$;

CREATE TRIGGER invite_deleted AFTER DELETE ON invite REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION invite_deleted();
