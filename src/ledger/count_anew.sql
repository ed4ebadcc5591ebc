-- Counts what is pending, by the invites that there are: at version 4, and where rows were written that nobody has counted.
DELETE FROM pending_count;
DELETE FROM expired_invite;
DELETE FROM counted;

INSERT INTO counted (until) SELECT coalesce((SELECT created_at FROM invite ORDER BY id DESC LIMIT 1), 0);

INSERT INTO pending_count (source, host, pending) SELECT source, host, count(*) FROM invite
    WHERE used < uses AND revoked_at IS NULL AND expires_at > (SELECT until FROM counted) GROUP BY source, host;

INSERT INTO expired_invite (id) SELECT id FROM invite
    WHERE used < uses AND revoked_at IS NULL AND expires_at <= (SELECT until FROM counted);
