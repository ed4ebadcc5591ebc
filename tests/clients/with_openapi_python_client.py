"""Uses each call of a client that openapi-python-client generated: with_openapi_python_client.py BASE KEY."""

import sys
from datetime import datetime, timedelta, timezone

from invited_client import AuthenticatedClient
from invited_client.api.invites import change_invite, create_invites, get_invite, list_invites, revoke_invite
from invited_client.api.key import get_self
from invited_client.api.sign_up import redeem, register
from invited_client.api.simple import create_invite_by_get, create_invite_by_post
from invited_client.models import InviteChange, InviteChangeStatusType1, InviteList, InviteView, KindName, NewInvite
from invited_client.models import NewInviteKindType1, Problem, Redeem, RedeemedView, Register, Scope, Status, Via

BASE, KEY = sys.argv[1:]
client = AuthenticatedClient(base_url=BASE, token=KEY)

key = get_self.sync(client=client)
assert Scope.CREATE in key.allow and key.limit is None and key.hosts == ["example.com"], key

wanted = NewInvite(username="alice", kind=NewInviteKindType1.ACCOUNT, ttl="3d", note=None)
made = create_invites.sync(client=client, body=wanted)
assert isinstance(made, InviteView), made
assert (made.kind, made.status, made.username, made.note) == (KindName.ACCOUNT, Status.PENDING, "alice", None), made
assert timedelta(days=2) < made.expires_at - datetime.now(timezone.utc) < timedelta(days=4), made

several = create_invites.sync(client=client, body=NewInvite(count=2, ttl=3600), idempotency_key="once")
assert isinstance(several, InviteList) and len(several.invites) == 2, several
assert create_invites.sync(client=client, body=NewInvite(count=2, ttl=3600), idempotency_key="once") == several

listed = list_invites.sync(client=client, kind=KindName.ACCOUNT, status=Status.PENDING, username="alice", limit=5)
assert [invite.id for invite in listed.invites] == [made.id] and listed.next_cursor is None, listed

changed = change_invite.sync(made.id, client=client, body=InviteChange(note="a friend"))
assert changed.note == "a friend" and changed.id == made.id, changed
assert get_invite.sync(made.id, client=client).note == "a friend"

spent = redeem.sync(client=client, body=Redeem(token=made.token, account="alice"))
assert isinstance(spent, RedeemedView) and (spent.status, spent.account) == (Status.REDEEMED, "alice"), spent
assert get_invite.sync(made.id, client=client).redemptions[0].via == Via.API

unknown = Register(token="opens-nothing", username="carol", password="a long password")
refused = register.sync(client=client, body=unknown)
assert isinstance(refused, Problem) and refused.type_ == "urn:invited:problem:no-such-invite", refused

other = several.invites[0].id
changed = change_invite.sync(other, client=client, body=InviteChange(status=InviteChangeStatusType1.REVOKED))
assert changed.status == Status.REVOKED, changed
assert revoke_invite.sync_detailed(several.invites[1].id, client=client).status_code == 204
assert get_invite.sync(several.invites[1].id, client=client).status == Status.REVOKED

for call in (create_invite_by_get, create_invite_by_post):
    answer = call.sync_detailed(client=client)
    assert answer.status_code == 201 and "/invite?" in answer.headers["Location"], answer

refused = create_invites.sync(client=client, body=NewInvite(uses=99, username="bob"))
assert isinstance(refused, Problem) and refused.type_ == "urn:invited:problem:invalid-fields", refused
assert refused.errors[0].field == "uses", refused
print("used")
