-- What redemptions tell of who invited whom: of each account the last one, as it may have been created anew. Whoever had an
-- account and became a contact in an app was not told apart from whoever created one there, so that counts last.
INSERT INTO invited_account (host, account, inviter, source, invite, at)
SELECT host, account, inviter, source, invite, at FROM (
    SELECT redemption.host AS host, redemption.account AS account, coalesce(invite.invited_by, invite.source) AS inviter,
        invite.source AS source, invite.id AS invite, redemption.at AS at,
        row_number() OVER (
            PARTITION BY redemption.host, redemption.account
            ORDER BY CASE WHEN invite.kind = 'contact' AND redemption.via = 'app' THEN 1 ELSE 0 END,
                redemption.at DESC, redemption.id DESC
        ) AS place
    FROM redemption JOIN invite ON invite.id = redemption.invite
    WHERE redemption.account IS NOT NULL AND redemption.made = 1 AND invite.kind <> 'reset'
) AS found WHERE place = 1;
