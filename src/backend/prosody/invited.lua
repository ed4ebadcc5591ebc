-- What `invited` asks of Prosody, for 0.12 and 13. Sent once over the admin socket of every connection; defines the one
-- function INV there. Everything passes it as JSON in base64, so nothing in it can become Lua, XML or another argument.
-- Each call runs on its own: nothing else happens in Prosody in between.

local function R(name)
	local ok, found = pcall(require, "prosody." .. name)
	if ok then return found end
	return require(name)
end
local json, enc, jid, array = R "util.json", R "util.encodings", R "util.jid", R "util.array"
local um, config = R "core.usermanager", R "core.configmanager"
local b64, nodeprep, saslprep = enc.base64, enc.stringprep.nodeprep, enc.stringprep.saslprep

-- Notes of who used which token are forgotten after so many seconds.
local NOTES_KEPT = 90 * 86400

local function refuse(code, what) error({ code = code, msg = what }, 0) end

local function must(value, err)
	if not value then refuse("backend", tostring(err)) end
	return value
end

local function host(q)
	local h = prosody.hosts[q.host]
	if not h or h.type ~= "local" then refuse("no-such-host") end
	return h
end

local function notes(m) return m.module:open_store("invited_notes", "map"), m.module:open_store("invited_notes") end

-- Holds sign-up in apps to what the ledger says: no second use, no other name. Gone after a reload of mod_invites, so it
-- is looked for with every call.
local function guard(m)
	if m.module.invited_guard then return end
	local map, noted = m.module:open_store("invite_token", "map"), notes(m)
	local function invite_of(event) return event.validated_invite or (event.session and event.session.validated_invite) end
	local function deny(event, kind, condition, text)
		event.allowed, event.error_type, event.error_condition, event.reason = false, kind, condition, text
		return true
	end
	m.module:hook("user-registering", function (event)
		local invite = invite_of(event)
		if not invite or invite.invited then return end
		-- Expiry is not looked at again: XEP-0445, 3.
		local info = map:get(nil, invite.token)
		if not info then return deny(event, "cancel", "item-not-found", "This invite has been used already") end
		local ad = info.additional_data or {}
		local bound = ad.invited_username or (info.type == "register" and info.jid:match("^(.+)@"))
		if bound and bound ~= event.username then
			return deny(event, "modify", "not-acceptable", "This invite is for another username")
		end
	end, 100)
	local function note(event)
		local invite = invite_of(event)
		if invite and invite.token and not invite.reusable then
			noted:set(nil, invite.token, { by = event.username, at = os.time() })
		end
	end
	m.module:hook("user-registered", note, 100)
	m.module:hook("user-password-reset", note, 100)
	m.module.invited_guard = true
end

-- mod_invites and its stores; nothing if it is not loaded.
local function invites(q)
	local m = host(q).modules.invites
	if not m then return nil end
	guard(m)
	return m, m.module:open_store("invite_token", "map"), m.module:open_store("invite_token")
end

local function needs_invites(q)
	local m, map, all = invites(q)
	if not m then refuse("unsupported") end
	return m, map, all
end

local function user(q)
	local name = type(q.username) == "string" and nodeprep(q.username, true)
	-- What Prosody would call otherwise is not the name that the ledger has.
	if not name or name ~= q.username then refuse("bad-username") end
	return name
end

local function password(q)
	if type(q.password) ~= "string" or q.password == "" or not saslprep(q.password) then refuse("bad-password") end
	return q.password
end

local function roles_of(q)
	if not q.roles or not q.roles[1] then return nil end
	if um.set_user_role then return q.roles end
	local set = {}
	for _, role in ipairs(q.roles) do set[role] = true end
	return set
end

local function list(t) if t and t[1] then return t end end

local function in_time(q)
	if q.not_after and os.time() > q.not_after then refuse("late") end
end

-- The invite that a sign-up uses: the server's own, or one that is nowhere stored and is gone afterwards.
local function invite_for(q)
	if q.token then
		local m = needs_invites(q)
		local invite = m.get(q.token)
		if not invite then refuse("token-invalid") end
		return invite
	end
	local inviter = q.contact
	if inviter and not um.user_exists(inviter, q.host) then inviter = nil end
	local used = { use = function () return true end }
	return setmetatable({
		invited = true, type = inviter and "roster" or "register", username = inviter, inviter = inviter, reusable = false,
		additional_data = { source = "invited", groups = list(q.groups), roles = roles_of(q) },
	}, { __index = used })
end

local ops = {}

function ops.hello() return { version = prosody.version } end

function ops.keep(q) return { guarded = invites(q) ~= nil } end

function ops.exists(q)
	host(q)
	return { exists = not not um.user_exists(user(q), q.host) }
end

function ops.create(q)
	local h, name, secret = host(q), user(q), password(q)
	in_time(q)
	if um.user_exists(name, q.host) then refuse("user-exists") end
	local invite = invite_for(q)
	local event = { validated_invite = invite, ip = q.ip, username = name, password = secret, host = q.host, allowed = true }
	h.events.fire_event("user-registering", event)
	if not event.allowed or event.allow_reset then refuse("not-allowed") end
	if um.create_user_with_role then
		must(um.create_user_with_role(name, secret, q.host, event.role or "prosody:member"))
	else
		must(um.create_user(name, secret, q.host))
	end
	h.events.fire_event("user-registered", {
		username = name, host = q.host, source = "invited", validated_invite = invite, ip = q.ip,
	})
	return {}
end

function ops.set_password(q)
	local h, name, secret = host(q), user(q), password(q)
	in_time(q)
	if not um.user_exists(name, q.host) then refuse("no-such-user") end
	local invite = q.token and invite_for(q)
	must(um.set_password(name, secret, q.host, nil))
	if invite then
		h.events.fire_event("user-password-reset", { username = name, host = q.host, validated_invite = invite })
	end
	return {}
end

function ops.mint(q)
	local m = needs_invites(q)
	local ad = { source = "invited", groups = list(q.groups), roles = roles_of(q) }
	local invite
	if q.kind == "reset" then
		local name = user(q)
		if not um.user_exists(name, q.host) then refuse("no-such-user") end
		invite = must(m.create_account_reset(name, q.ttl))
	elseif q.kind == "contact" then
		if not um.user_exists(q.contact, q.host) then refuse("no-such-user") end
		ad.invited_username = q.username and user(q)
		-- A contact invite that does not register crashes 0.12.3 when it is used.
		invite = must(m.create_contact(q.contact, true, ad, q.ttl))
	else
		invite = must(m.create_account(q.username and user(q) or nil, ad, q.ttl))
	end
	return { token = invite.token, expires = invite.expires }
end

function ops.withdraw(q)
	local _, map = needs_invites(q)
	local invite = map:get(nil, q.token)
	if not invite then return { withdrawn = false } end
	if invite.type == "roster" then must(map:set(jid.node(invite.jid), q.token, nil)) end
	must(map:set(nil, q.token, nil))
	return { withdrawn = true }
end

function ops.look_up(q)
	local m, map = needs_invites(q)
	local note = notes(m):get(nil, q.token)
	if note then return { state = "used", by = note.by } end
	local invite = map:get(nil, q.token)
	if not invite or os.time() > invite.expires then return { state = "absent" } end
	local ad = invite.additional_data or {}
	local node = jid.node(invite.jid)
	local kind = ad.allow_reset and "reset" or invite.type == "roster" and "contact" or "account"
	return {
		state = "live", kind = kind, expires = invite.expires, reusable = not not invite.reusable,
		username = ad.allow_reset or ad.invited_username or (kind == "account" and node or nil),
		contact = kind == "contact" and node or nil,
	}
end

-- Prosody itself never drops what has expired.
function ops.tidy(q)
	local m, _, all = invites(q)
	if not m then return { dropped = 0 } end
	local dropped, now = 0, os.time()
	local function sweep(store, is_over)
		local before, after, found = store:get(nil) or {}, {}, 0
		for key, value in pairs(before) do
			if is_over(value) then found = found + 1 else after[key] = value end
		end
		if found > 0 then must(store:set(nil, next(after) and after or nil)) end
		dropped = dropped + found
	end
	sweep(all, function (invite) return invite.expires < now end)
	local _, noted = notes(m)
	sweep(noted, function (note) return note.at + NOTES_KEPT < now end)
	return { dropped = dropped }
end

function ops.examine(q)
	local h = prosody.hosts[q.host]
	if not h then return { version = prosody.version } end
	local storage = config.get(q.host, "storage")
	if type(storage) == "table" then storage = storage.invite_token or storage.accounts end
	local loaded = {}
	for _, name in ipairs { "invites", "invites_register", "invites_adhoc", "register_ibr" } do
		loaded[name] = h.modules[name] ~= nil
	end
	return {
		version = prosody.version, type = h.type, storage = storage or "internal", loaded = loaded,
		authentication = config.get(q.host, "authentication"),
		page = type(config.get(q.host, "invites_page")) == "string" and config.get(q.host, "invites_page") or nil,
	}
end

function INV(argument)
	local id
	local ok, result = pcall(function ()
		local q = json.decode(b64.decode(argument))
		if type(q) ~= "table" then refuse("backend", "no object") end
		id = q.id
		local op = ops[q.op] or refuse("backend", "no such operation")
		return op(q)
	end)
	local answer
	if ok then
		answer = { id = id, ok = true, result = result }
	elseif type(result) == "table" and result.code then
		answer = { id = id, ok = false, code = result.code, msg = result.msg }
	else
		answer = { id = id, ok = false, code = "backend", msg = tostring(result) }
	end
	return b64.encode(json.encode(answer))
end

return "invited-1"
