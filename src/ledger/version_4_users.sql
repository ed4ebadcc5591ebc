-- Version 4: users are told that their invites will expire; the same for both engines.

-- For invites of users, in the order of their ends; those of others cost nothing.
CREATE INDEX invite_of_user_by_end ON invite (expires_at, id) WHERE substr(source, 1, 5) = 'xmpp/';
