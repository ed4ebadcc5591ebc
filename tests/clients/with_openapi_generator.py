"""Uses each call of a client that openapi-generator generated: with_openapi_generator.py BASE KEY."""

import sys
from datetime import datetime, timedelta, timezone

from invited_client import ApiClient, Configuration, InviteChange, InvitesApi, KeyApi, KindName, NewInvite, NewInviteTtl
from invited_client import Redeem, Register, Scope, SignUpApi, SimpleApi, Status, Via
from invited_client.exceptions import BadRequestException, NotFoundException

BASE, KEY = sys.argv[1:]
client = ApiClient(Configuration(host=BASE, access_token=KEY))
invites = InvitesApi(client)

key = KeyApi(client).get_self()
assert Scope.CREATE in key.allow and key.limit is None and key.hosts == ["example.com"], key

wanted = NewInvite(username="alice", kind="account", ttl=NewInviteTtl("3d"), note=None)
made = invites.create_invites(new_invite=wanted).actual_instance
assert (made.kind, made.status, made.username, made.note) == (KindName.ACCOUNT, Status.PENDING, "alice", None), made
assert timedelta(days=2) < made.expires_at - datetime.now(timezone.utc) < timedelta(days=4), made

both = NewInvite(count=2, ttl=NewInviteTtl(3600))
several = invites.create_invites(new_invite=both, idempotency_key="once").actual_instance
assert len(several.invites) == 2, several
assert invites.create_invites(new_invite=both, idempotency_key="once").actual_instance == several

listed = invites.list_invites(kind=KindName.ACCOUNT, status=Status.PENDING, username="alice", limit=5)
assert [invite.id for invite in listed.invites] == [made.id] and listed.next_cursor is None, listed

changed = invites.change_invite(made.id, InviteChange(note="a friend"))
assert changed.note == "a friend" and changed.id == made.id, changed
assert invites.get_invite(made.id).note == "a friend"

spent = SignUpApi(client).redeem(Redeem(token=made.token, account="alice"))
assert (spent.status, spent.account) == (Status.REDEEMED, "alice"), spent
assert invites.get_invite(made.id).redemptions[0].via == Via.API

try:
    SignUpApi(client).register(Register(token="opens-nothing", username="carol", password="a long password"))
    raise AssertionError("an account with no invite")
except NotFoundException as refused:
    assert refused.data.type == "urn:invited:problem:no-such-invite", refused

assert invites.change_invite(several.invites[0].id, InviteChange(status="revoked")).status == Status.REVOKED
assert invites.revoke_invite_with_http_info(several.invites[1].id).status_code == 204
assert invites.get_invite(several.invites[1].id).status == Status.REVOKED

simple = SimpleApi(client)
for call in (simple.create_invite_by_get_with_http_info, simple.create_invite_by_post_with_http_info):
    answer = call()
    assert answer.status_code == 201 and "/invite?" in answer.headers["Location"], answer

try:
    invites.create_invites(new_invite=NewInvite(uses=99, username="bob"))
    raise AssertionError("99 uses of a name")
except BadRequestException as refused:
    assert refused.data.type == "urn:invited:problem:invalid-fields", refused
    assert refused.data.errors[0].var_field == "uses", refused.data
print("used")
