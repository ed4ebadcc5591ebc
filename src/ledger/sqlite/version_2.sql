-- Version 2: who invited whom.

-- The inviter's address, where there is one, always written in the same way: see ../../invite/inviter.rs.
ALTER TABLE invite ADD COLUMN invited_by TEXT;

-- For the invites of a user; rows without an address cost nothing.
CREATE INDEX invite_by_inviter ON invite (invited_by) WHERE invited_by IS NOT NULL;

-- Whether whoever redeems it had an account before, and becomes a contact only.
ALTER TABLE redemption ADD COLUMN had_account INTEGER NOT NULL DEFAULT 0 CHECK (had_account IN (0, 1));

-- Who invited whom: one row an account that was created with an invite. It outlives the invite: `invite` is what that was
-- called.
CREATE TABLE invited_account (
    host    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    inviter TEXT    NOT NULL,
    source  TEXT    NOT NULL,
    invite  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (host, account)
) STRICT, WITHOUT ROWID;

-- For all whom somebody has invited.
CREATE INDEX invited_account_by_inviter ON invited_account (inviter);

-- Texts that are addresses are for the program to read.
UPDATE invite SET invited_by = CASE WHEN source LIKE 'xmpp/%' THEN substr(source, 6) ELSE contact END
    WHERE source LIKE 'xmpp/%' OR contact IS NOT NULL;
