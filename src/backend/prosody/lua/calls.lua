-- mod_invites and what we keep beside it; nothing if it is not loaded.
local function invites(q)
	local m = host(q).modules.invites
	if m then return m, guard(m) end
end

local function needs_invites(q)
	local m, held = invites(q)
	if not m then refuse("unsupported") end
	return m, held
end

local function user(q)
	local name = type(q.username) == "string" and nodeprep(q.username, true)
	-- What Prosody would call otherwise is not the name that the ledger has.
	if not name or name ~= q.username then refuse("bad-username") end
	return name
end

local function password(q, h)
	local prepared = type(q.password) == "string" and saslprep(q.password)
	-- Of some texts nothing is left, and nobody could log in.
	if not prepared or prepared == "" then refuse("bad-password") end
	-- mod_password_policy looks at what comes in band, and is to be asked for the rest.
	local policy = h.modules.password_policy
	if policy and policy.check_password and not policy.check_password(q.password, { username = q.username }) then
		refuse("bad-password")
	end
	return q.password
end

local function in_time(q)
	if q.not_after and os.time() > q.not_after then refuse("late") end
end

-- The invite that a sign-up uses: the server's own, or one that is nowhere stored and is gone afterwards.
local function invite_for(q)
	if q.token then
		local m, held = needs_invites(q)
		local note = held.noted(q.token)
		local invite = not (note and note.at) and m.get(q.token)
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

-- A module has said no; its own words are for nobody, but they tell what it is about.
local function not_allowed(event)
	local err = event.error or { type = event.error_type, condition = event.error_condition, text = event.reason }
	local kind, condition = tostring(err.type or "modify"), tostring(err.condition or "not-acceptable")
	local text = tostring(err.text):lower()
	if kind == "wait" or condition == "resource-constraint" then refuse("wait", condition) end
	if condition == "conflict" then refuse("user-exists") end
	if condition == "not-acceptable" and text:find("password", 1, true) then refuse("bad-password") end
	if condition == "not-acceptable" and text:find("name", 1, true) then refuse("bad-username") end
	refuse("not-allowed", kind .. "/" .. condition)
end

local function give_roles(h, name, roles)
	if not um.set_user_role then return must(um.set_roles(name .. "@" .. h.host, h.host, roles)) end
	must(um.set_user_role(name, h.host, roles[1]))
	for i = 2, #roles do must(um.add_user_secondary_role(name, h.host, roles[i])) end
end

-- Tells the modules of what is done. Whatever they throw, it is done; so it is not refused, but what they threw is told.
-- What mod_invites_register does is done here where it is not loaded or did not come to it.
local function tell(h, event_name, event)
	local ok, thrown = pcall(h.events.fire_event, event_name, event)
	local invite, name = event.validated_invite, event.username
	if invite and not (ok and h.modules.invites_register) then
		local settled, why = pcall(function ()
			invite:use()
			if invite.token and not invite.reusable then
				guard(h.modules.invites).note(invite.token, { by = name, at = os.time() })
			end
			if event_name ~= "user-registered" then return end
			if invite.inviter then befriend(h, name, invite.inviter) end
			local roles = invite.additional_data and invite.additional_data.roles
			if roles then give_roles(h, name, roles) end
		end)
		if ok and not settled then ok, thrown = settled, why end
	end
	if not ok then return type(thrown) == "table" and thrown.msg or tostring(thrown) end
end

-- The function INV is all that this defines. Everything passes it as JSON in base64, so nothing in it can become Lua, XML or
-- another argument. Each call runs on its own: nothing else happens in Prosody in between.
local ops = {}

-- What this connection is sent without having asked.
local to_us = print

-- Sees that our hooks are in place; with a name, whoever calls answers what is asked from then on.
function ops.keep(q)
	local m = invites(q)
	if m and q.as then asks(host(q)).answers(q.as, to_us) end
	return { guarded = m ~= nil }
end

-- The answer to what Prosody has asked. Whoever waits for it goes on before this returns.
function ops.answer(q) return { taken = asks(host(q)).answered(q.question, q.answer, q.as) } end

function ops.exists(q)
	host(q)
	return { exists = not not um.user_exists(user(q), q.host) }
end

function ops.is_admin(q)
	host(q)
	return { admin = is_admin(user(q), q.host) }
end

function ops.create(q)
	local h, name = host(q), user(q)
	local secret = password(q, h)
	in_time(q)
	if um.user_exists(name, q.host) then refuse("user-exists") end
	local invite = invite_for(q)
	local event = {
		validated_invite = invite, ip = q.ip, username = name, password = secret, host = q.host, allowed = true,
		-- As mod_register_ibr of 13 gives to an account that is made in an app; modules may have it otherwise.
		role = config.get(q.host, "register_ibr_default_role") or "prosody:registered",
	}
	h.events.fire_event("user-registering", event)
	if not event.allowed or event.allow_reset then not_allowed(event) end
	local make = um.create_user_with_role or um.create_user
	local ok, made, why = pcall(make, name, secret, q.host, event.role)
	local thrown = not ok and tostring(made) or nil
	-- 13 tells modules of the password before the last step, which is this.
	if thrown and um.enable_user then pcall(um.enable_user, name, q.host) end
	if not (ok and made) and not um.test_password(name, q.host, secret) then
		-- Half an account would keep the name from the guest.
		if um.user_exists(name, q.host) then um.delete_user(name, q.host) end
		refuse("backend", thrown or tostring(why))
	end
	local warning = tell(h, "user-registered", {
		username = name, host = q.host, source = "invited", validated_invite = invite, ip = q.ip,
	})
	local roles = invite.additional_data and invite.additional_data.roles
	if um.set_user_role and roles and roles[1] then
		-- The account is there, whatever this throws.
		local known, role = pcall(um.get_user_role, name, q.host)
		if not (known and role and role.name == roles[1]) then
			warning = warning or "the first role of the invite is none that this server knows"
		end
	end
	return { warning = warning or thrown }
end

function ops.set_password(q)
	local h, name = host(q), user(q)
	local secret = password(q, h)
	in_time(q)
	if not um.user_exists(name, q.host) then refuse("no-such-user") end
	local invite = q.token and invite_for(q)
	local ok, set, why = pcall(um.set_password, name, secret, q.host, nil)
	local thrown = not ok and tostring(set) or nil
	-- Modules are told when it is set, and may throw then.
	if not (ok and set) and not um.test_password(name, q.host, secret) then refuse("backend", thrown or tostring(why)) end
	local event = { username = name, host = q.host, validated_invite = invite }
	return { warning = invite and tell(h, "user-password-reset", event) or thrown }
end

-- Whether an account has this password. What a module throws may hold it, and is told to nobody.
function ops.check_password(q)
	host(q)
	local name = user(q)
	if type(q.password) ~= "string" then refuse("bad-password") end
	local ok, right, why = pcall(um.test_password, name, q.host, q.password)
	if not ok then refuse("backend", "the host's authentication failed") end
	if not right and why == "method not implemented" then refuse("unsupported") end
	-- 13 disables accounts, at which not every kind of authentication looks by itself.
	if right and um.user_is_enabled then
		local asked, enabled = pcall(um.user_is_enabled, name, q.host)
		right = asked and enabled
	end
	return { right = not not right }
end

function ops.withdraw(q)
	local _, held = needs_invites(q)
	local invite, note = held.tokens:get(nil, q.token), held.noted(q.token)
	if not invite or (note and note.at) then return { withdrawn = false } end
	if invite.type == "roster" then must(held.tokens:set(jid.node(invite.jid), q.token, nil)) end
	must(held.tokens:set(nil, q.token, nil))
	held.note(q.token, nil)
	return { withdrawn = true }
end

-- What has become of a token, from its note and from what mod_invites has of it. A live one has a note from then on.
local function state_of(held, token, note, invite)
	if note and (note.at or not invite) then
		return { state = "used", by = note.by, had_account = note.had_account }
	end
	if not invite or os.time() > invite.expires then return { state = "unused" } end
	if not note and not invite.reusable then held.note(token, { exp = invite.expires }) end
	local ad = invite.additional_data or {}
	local node = jid.node(invite.jid)
	local kind = ad.allow_reset and "reset" or invite.type == "roster" and "contact" or "account"
	return {
		state = "live", kind = kind, expires = invite.expires, reusable = not not invite.reusable,
		username = ad.allow_reset or ad.invited_username or (kind == "account" and node or nil),
		contact = kind == "contact" and node or nil,
	}
end

function ops.look_up(q)
	local _, held = needs_invites(q)
	return state_of(held, q.token, held.noted(q.token), held.tokens:get(nil, q.token))
end

-- Which of many tokens are no longer live: each is looked for in the stores once, then our hooks know.
function ops.ended(q)
	local _, held = needs_invites(q)
	local ended, stored, shelves = array(), nil, {}
	for at, token in ipairs(q.tokens) do
		local known = held.known[token]
		if not known then
			stored = stored or held.all_tokens:get(nil) or {}
			local place = shelf(token)
			shelves[place] = shelves[place] or held.all_notes:get(place) or {}
			local state = state_of(held, token, shelves[place][token], stored[token])
			known = state.state == "live" or state
			if known == true or state.state == "used" then held.known[token] = known end
		end
		if known ~= true then
			ended:push { at = at - 1, state = known.state, by = known.by, had_account = known.had_account }
		end
	end
	return { ended = ended }
end

-- Prosody itself never drops what has expired.
function ops.tidy(q)
	local m, held = invites(q)
	if not m then return {} end
	local now, halves = os.time(), {}
	local function drop(keyed, owner, keys)
		if next(keys) then must(keyed:set_keys(owner, keys)) end
	end
	local lapsed = {}
	for token, invite in pairs(held.all_tokens:get(nil) or {}) do
		if invite.expires < now then
			lapsed[token] = held.tokens.remove
			local inviter = invite.type == "roster" and jid.node(invite.jid)
			if inviter then
				halves[inviter] = halves[inviter] or {}
				halves[inviter][token] = held.tokens.remove
			end
		end
	end
	for inviter, tokens in pairs(halves) do drop(held.tokens, inviter, tokens) end
	drop(held.tokens, nil, lapsed)
	local places = {}
	for place in held.all_notes:users() do table.insert(places, place) end
	for _, place in ipairs(places) do
		local old = {}
		for token, note in pairs(held.all_notes:get(place) or {}) do
			if (note.at and note.at + NOTES_KEPT or note.exp) < now then
				old[token] = held.notes.remove
				held.known[token] = nil
			end
		end
		drop(held.notes, place, old)
	end
	return {}
end

function ops.examine(q)
	local h = prosody.hosts[q.host]
	if not h then return { version = prosody.version } end
	local _, storage = sm.get_driver(q.host, "invite_token")
	local loaded = {}
	for _, name in ipairs { "invites", "invites_register", "invites_adhoc", "invites_groups", "invites_page" } do
		loaded[name] = h.modules[name] ~= nil
	end
	local page, resets_lead = config.get(q.host, "invites_page"), false
	local supports = config.get(q.host, "invites_page_supports")
	for _, kind in ipairs(type(supports) == "table" and supports or {}) do
		resets_lead = resets_lead or kind == "password-reset"
	end
	local answer = {
		version = prosody.version, type = h.type, storage = storage, loaded = loaded,
		page = type(page) == "string" and page or nil, resets_lead = resets_lead, is_13 = um.set_user_role ~= nil,
	}
	local m = h.type == "local" and h.modules.invites
	if m then
		local began, now = clock(), os.time()
		answer.pending, answer.lapsed = 0, 0
		for _, invite in pairs(guard(m).all_tokens:get(nil) or {}) do
			local over = invite.expires < now and "lapsed" or "pending"
			answer[over] = answer[over] + 1
		end
		answer.read_ms = math.ceil((clock() - began) * 1000)
	end
	return answer
end

-- An error text of somebody else's, without what we were given.
local function scrub(q, text)
	for _, name in ipairs { "password", "token", "username" } do
		local given = type(q) == "table" and q[name]
		if type(given) == "string" and given ~= "" then text = text:gsub(given:gsub("%p", "%%%0"), "*") end
	end
	return text
end

function INV(last)
	local q
	local ok, result = pcall(function ()
		q = json.decode(INVITED_WHOLE(last))
		if type(q) ~= "table" then refuse("backend", "no object") end
		local op = ops[q.op] or refuse("backend", "no such operation")
		return op(q)
	end)
	local answer = { id = type(q) == "table" and q.id or nil, ok = ok }
	if ok then
		answer.result = result
		if result.warning then result.warning = scrub(q, result.warning) end
	else
		local told = type(result) == "table" and result.code and result or { code = "backend", msg = tostring(result) }
		answer.code, answer.msg = told.code, told.msg and scrub(q, told.msg)
	end
	return b64.encode(json.encode(answer))
end

return VERSION
