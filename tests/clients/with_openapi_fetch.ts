// Uses each call by the types that openapi-typescript generated: with_openapi_fetch.js BASE KEY.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [baseUrl, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
type Invite = components["schemas"]["InviteView"];

const self = await client.GET("/api/v1/self");
assert.ok(self.data);
assert.ok(self.data.allow.includes("create"));
const limit: string | null = self.data.limit;
assert.equal(limit, null);

const one = await client.POST("/api/v1/invites", { body: { username: "alice", kind: "account", ttl: "3d", note: null } });
assert.ok(one.data && !("invites" in one.data));
const made: Invite = one.data;
assert.deepEqual([made.kind, made.status, made.username], ["account", "pending", "alice"]);

const many = await client.POST("/api/v1/invites", {
  params: { header: { "Idempotency-Key": "once" } },
  body: { count: 2, ttl: 3600 },
});
assert.ok(many.data && "invites" in many.data);
const [first, second] = many.data.invites;
assert.ok(first && second);

const query = { kind: "account", status: "pending", username: "alice", limit: 5 } as const;
const listed = await client.GET("/api/v1/invites", { params: { query } });
assert.deepEqual(listed.data?.invites.map((invite) => invite.id), [made.id]);
assert.equal(listed.data.next_cursor, null);

const at = (id: string) => ({ params: { path: { id } } });
const changed = await client.PATCH("/api/v1/invites/{id}", { ...at(made.id), body: { note: "a friend" } });
assert.equal(changed.data?.note, "a friend");

assert.ok(made.token);
const spent = await client.POST("/api/v1/redeem", { body: { token: made.token, account: "alice" } });
assert.equal(spent.data?.status, "redeemed");
const seen = await client.GET("/api/v1/invites/{id}", at(made.id));
assert.equal(seen.data?.redemptions[0]?.via, "api");

const unknown = { token: "opens-nothing", username: "carol", password: "a long password" };
const registered = await client.POST("/api/v1/register", { body: unknown });
assert.equal(registered.error?.type, "urn:invited:problem:no-such-invite");

const revoked = await client.PATCH("/api/v1/invites/{id}", { ...at(first.id), body: { status: "revoked" } });
assert.equal(revoked.data?.status, "revoked");
assert.equal((await client.DELETE("/api/v1/invites/{id}", at(second.id))).response.status, 204);

for (const { response } of [await client.GET("/invites_api"), await client.POST("/invites_api")]) {
  assert.equal(response.status, 201);
  assert.match(response.headers.get("Location") ?? "", /\/invite\?/);
}

const refused = await client.POST("/api/v1/invites", { body: { uses: 99, username: "bob" } });
assert.equal(refused.error?.errors?.[0]?.field, "uses");

// What is no kind, no field, or left out though it must be there is no program.
async function _wrong() {
  // @ts-expect-error: no such kind
  await client.POST("/api/v1/invites", { body: { kind: "acount" } });
  // @ts-expect-error: no such field
  const _body: components["schemas"]["NewInvite"] = { user_name: "alice" };
  // @ts-expect-error: no token
  await client.POST("/api/v1/redeem", { body: { account: "alice" } });
  // @ts-expect-error: no such scope
  self.data?.allow.includes("write");
}
console.log("used");
