-- Notes are kept apart by the token's first letter: with storage "internal" each of these is a file. No user is called so.
local function shelf(token) return "@" .. token:sub(1, 1) end

-- Holds sign-up with Prosody's own tokens to one use each, and to their name. Gone after a reload of mod_invites, so it is
-- looked for with every call. Gives the stores, too.
--
-- A note is { exp = when the token lapses } from when we first hear of it, and { by =, at = } once it is used. With
-- spares_admins, it sets no admin's password. A token that
-- has a note and is not there any more was used while this hook was not in place.
local function guard(m)
	local module, held = m.module, m.module.invited
	if held and held.version == VERSION then return held end
	for _, old in ipairs(held and held.hooks or {}) do module:unhook(old.event, old.handler) end
	held = {
		version = VERSION, hooks = {},
		tokens = module:open_store("invite_token", "map"), all_tokens = module:open_store("invite_token"),
		notes = module:open_store("invited_tokens", "map"), all_notes = module:open_store("invited_tokens"),
		-- Tokens to which nothing happens that we do not hear of: true while they are live, else their state.
		known = {},
	}
	module.invited = held
	local function hook(event, handler, priority)
		module:hook(event, handler, priority)
		table.insert(held.hooks, { event = event, handler = handler })
	end

	function held.note(token, note)
		must(held.notes:set(shelf(token), token, note))
		held.known[token] = note and (not note.at or { state = "used", by = note.by, had_account = note.had_account }) or nil
	end
	function held.noted(token) return held.notes:get(shelf(token), token) end

	local function invite_of(event) return event.validated_invite or (event.session and event.session.validated_invite) end
	local function deny(event, kind, condition, text)
		event.allowed, event.error_type, event.error_condition, event.reason = false, kind, condition, text
		return true
	end
	hook("user-registering", function (event)
		local invite = invite_of(event)
		if not invite or invite.invited then return end
		-- Expiry is not looked at again: XEP-0445, 3.
		local info, note = held.tokens:get(nil, invite.token), held.noted(invite.token)
		if not info or (note and note.at) then
			return deny(event, "cancel", "item-not-found", "This invite has been used already")
		end
		local ad = info.additional_data or {}
		if ad.allow_reset and note and note.spares_admins and is_admin(event.username, module.host) then
			return deny(event, "auth", "forbidden", "An admin's password is not reset by this invite")
		end
		local bound = ad.invited_username or (info.type == "register" and info.jid:match("^(.+)@"))
		if bound and bound ~= event.username then
			return deny(event, "modify", "not-acceptable", "This invite is for another username")
		end
	end, 100)
	local function use(event)
		local invite = invite_of(event)
		if invite and invite.token and not invite.invited and not invite.reusable then
			held.note(invite.token, { by = event.username, at = os.time() })
		end
	end
	hook("user-registered", use, 100)
	hook("user-password-reset", use, 100)
	-- Who has an account already uses a contact invite so (XEP-0379), after which mod_invites_register has forgotten it.
	hook("presence/bare", function (event)
		if event.stanza.attr.type ~= "subscribe" then return end
		local preauth = event.stanza:get_child("preauth", "urn:xmpp:pars:0")
		local token = preauth and preauth.attr.token
		local note = token and held.noted(token)
		if not note or note.at or held.tokens:get(nil, token) then return end
		local by, at = jid.split(event.stanza.attr.from)
		held.note(token, { by = at == module.host and by or nil, at = os.time(), had_account = true })
	end, 0.5)
	return held
end

