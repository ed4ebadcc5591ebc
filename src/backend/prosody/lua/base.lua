-- What `invited` does in Prosody, for 0.12 and 13. The files of this folder are sent as one, in this order: `base`,
-- `own_tokens`, `asks`, `calls`; once over the admin socket of every connection.

-- Of all that stands here: a hook of another version is taken out and put in anew.
local VERSION = "invited-9"

local function R(name)
	local ok, found = pcall(require, "prosody." .. name)
	if ok then return found end
	return require(name)
end
local json, enc, jid, array = R "util.json", R "util.encodings", R "util.jid", R "util.array"
local um, rm, sm, config = R "core.usermanager", R "core.rostermanager", R "core.storagemanager", R "core.configmanager"
local clock = R "util.time".now
local b64, nodeprep, saslprep = enc.base64, enc.stringprep.nodeprep, enc.stringprep.saslprep

-- Who used which token is forgotten after so many seconds.
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

-- Whether a role is that of an admin, of this host or of all of Prosody, or has all that such a one has.
local function is_admin_role(role, depth)
	if not role then return false end
	if role.name == "prosody:admin" or role.name == "prosody:operator" then return true end
	for _, inherited in ipairs(depth > 0 and role.inherits or {}) do
		if is_admin_role(inherited, depth - 1) then return true end
	end
	return false
end

-- Whether an account is an admin of `at`, its own host or another one.
local function is_admin_at(name, own, at)
	local whole = name .. "@" .. own
	if not um.get_jid_role then return not not um.is_admin(whole, at) end
	if is_admin_role(um.get_jid_role(whole, at), 8) then return true end
	for _, role in pairs(at == own and um.get_user_secondary_roles(name, own) or {}) do
		if is_admin_role(role, 8) then return true end
	end
	return false
end

local function is_admin(name, own)
	if is_admin_at(name, own, own) then return true end
	for at in pairs(prosody.hosts) do
		-- What some other host's own authorization throws is no word on this account.
		local known, admin = pcall(is_admin_at, name, own, at)
		if at ~= own and known and admin then return true end
	end
	return false
end

-- What neither storage gives back as it was.
local function is_role(name) return not name:find "%c" and name ~= "" and name ~= "__array" and name ~= "__hash" end

-- Roles as mod_invites_register wants them: 13 a list, of which the first is the primary one; 0.12 a set.
local function roles_of(q)
	if not q.roles or not q.roles[1] then return nil end
	local set = {}
	for _, role in ipairs(q.roles) do
		if not is_role(role) then refuse("not-allowed", "a role of that name") end
		set[role] = true
	end
	return um.set_user_role and q.roles or set
end

local function list(t) if t and t[1] then return t end end

-- Makes two accounts of a host each other's contacts.
local function befriend(h, one, other)
	for whose, whom in pairs { [one] = other, [other] = one } do
		local contact = whom .. "@" .. h.host
		local roster = rm.load_roster(whose, h.host)
		local item = roster[contact] or { groups = {} }
		item.subscription, item.ask, roster[contact] = "both", nil, item
		must(rm.save_roster(whose, h.host, roster, contact))
		rm.roster_push(whose, h.host, contact)
	end
end

