-- An app shows a token of ours: Prosody asks the ledger, and the app's stanza waits for the answer. Nothing of such an invite
-- is kept in Prosody. Asked is whoever has said of itself that it answers (the call `keep`), by what its connection prints.

-- So many seconds a stanza waits.
local PATIENCE = 5
-- Who has not said for so many seconds that it answers is asked no more.
local SILENT = 10
-- So many tokens that nobody knows are asked about for one stream. From one address so many a minute are looked for among
-- Prosody's own: that reads its storage, while to ask the ledger costs next to nothing.
local WRONG_ON_A_STREAM, WRONG_FROM_AN_ADDRESS = 10, 60
-- So many addresses are remembered for that.
local ADDRESSES = 10000

local async, st, id, ip, add_task = R "util.async", R "util.stanza", R "util.id", R "util.ip", R "util.timer".add_task

local LATER = "The invite cannot be looked at now, try again later"

-- What an app is told, by why the ledger refuses: the type and condition of the error (RFC 6120, 8.3), and its text.
local REFUSALS = {
	ended = { "cancel", "forbidden", "The invite token is invalid or expired" },
	["other-name"] = { "modify", "not-acceptable", "This invite is for another username" },
	["reserved-name"] = { "modify", "not-acceptable", "This username is reserved" },
	name = { "modify", "not-acceptable", "This username is not allowed" },
	taken = { "cancel", "conflict", "The requested username already exists." },
	closed = { "auth", "forbidden", "This invite cannot be used in an app" },
	later = { "wait", "resource-constraint", LATER },
}

local function is_token(text) return text and #text == 24 and not text:find "[^%w_-]" end

-- Whether the admin connection that `say` prints on is still there: Prosody takes what is written to one that its other side has
-- closed. Which it is, only the function itself knows (mod_admin_shell, "new_session").
local function is_there(say)
	for at = 1, 20 do
		local name, value = debug.getupvalue(say, at)
		if not name then return true end
		if name == "admin_session" then return value.conn ~= nil end
	end
	return true
end

-- The network that counts as one address: all of it (IPv4), or a /64 (IPv6).
local function network(address)
	local known = address and ip.new_ip(address)
	if known and known.proto == "IPv6" then known = ip.truncate(known, 64) end
	return known and known.addr or ""
end

-- Puts asking in place on a host. The hooks are the host's own and no module's: a reload of mod_invites must not leave an app
-- that has shown its token with nobody who holds it to the ledger.
local function asks(h)
	local held = h.invited
	if held and held.version == VERSION then return held end
	for _, old in ipairs(held and held.hooks or {}) do old.events.remove_handler(old.event, old.handler) end
	held = {
		version = VERSION, hooks = {},
		-- Who answers, by a name of its own: { print =, seen = }.
		answerers = {},
		-- What is asked and not answered yet, by id.
		questions = {},
	}
	h.invited = held
	local function put(events, event, handler, priority)
		events.add_handler(event, handler, priority)
		table.insert(held.hooks, { events = events, event = event, handler = handler })
	end
	local function hook(event, handler, priority) put(h.events, event, handler, priority) end

	-- Uses that are reserved for what a stream is about to register: { reservation =, by = }.
	local reserved = setmetatable({}, { __mode = "k" })
	-- How many wrong tokens, of a stream; of an address in this minute.
	local wrong_on, wrong_from, addresses, minute = setmetatable({}, { __mode = "k" }), {}, 0, 0

	-- Whether mod_invites keeps the token, for `owner` or for the host.
	local function is_prosodys(owner, token)
		local m = h.modules.invites
		return m and guard(m).tokens:get(owner, token) ~= nil
	end

	-- True if it went out.
	local function send(name, question)
		local answerer = held.answerers[name]
		if not answerer then return false end
		if os.time() - answerer.seen > SILENT or not is_there(answerer.print) or answerer.print("invited " .. b64.encode(json.encode(question))) == false then
			held.answerers[name] = nil
			return false
		end
		return true
	end

	-- Asks `names` at once; gives the first answer that is not "unknown", and whose it is. Nothing if nobody is there.
	local function ask(names, question)
		question.id = id.medium()
		local wait, done = async.waiter(1, true)
		local asked = { question = question, open = 0 }
		function asked.answer(answer, by)
			if asked.over then return false end
			asked.open = asked.open - 1
			if answer.is == "unknown" and asked.open > 0 then return true end
			asked.over, asked.given, asked.by = true, answer, by
			held.questions[question.id] = nil
			done()
			return true
		end
		for _, name in ipairs(names) do
			if send(name, question) then asked.open = asked.open + 1 end
		end
		if asked.open == 0 then return end
		held.questions[question.id] = asked
		add_task(PATIENCE, function ()
			asked.open = 0
			asked.answer { is = "later" }
		end)
		wait()
		return asked.given, asked.by
	end

	local function everybody()
		local names = {}
		for name in pairs(held.answerers) do table.insert(names, name) end
		return names
	end

	-- Asks one after the other, `first` before the others, until one knows the token: of these questions each answer counts.
	local function ask_in_turn(first, question)
		local names = everybody()
		table.sort(names, function (a, b) return a == first and b ~= first end)
		local last
		for _, name in ipairs(names) do
			local answer = ask({ name }, question)
			if answer and answer.is ~= "unknown" then return answer, name end
			last = answer or last
		end
		return last
	end

	-- Somebody answers from now on; also what has been asked, where no use is at stake.
	function held.answers(name, how)
		local is_new = not held.answerers[name]
		held.answerers[name] = { print = how, seen = os.time() }
		for _, asked in pairs(is_new and held.questions or {}) do
			if asked.question.of == "preauth" and send(name, asked.question) then asked.open = asked.open + 1 end
		end
	end

	-- An answer has come; true if somebody waited for it.
	function held.answered(question, answer, by)
		local asked = held.questions[question]
		return asked ~= nil and asked.answer(answer, by)
	end

	-- What became of the use that is reserved for a stream, if there is one.
	local function finish(session, created)
		local use = session and reserved[session]
		if not use then return end
		reserved[session] = nil
		send(use.by, { of = "registered", reservation = use.reservation, created = created })
	end

	local function is_too_many(session)
		return (wrong_on[session] or 0) >= WRONG_ON_A_STREAM
	end

	-- Whether Prosody may look for a token among its own. One that `is` unknown to us counts against its stream; where nobody could
	-- say, an app that shows it again does nothing wrong.
	local function may_look(session, is)
		if is == "unknown" then wrong_on[session] = (wrong_on[session] or 0) + 1 end
		local now = math.floor(os.time() / 60)
		if now ~= minute or addresses > ADDRESSES then wrong_from, addresses, minute = {}, 0, now end
		local from = network(session.ip)
		if not wrong_from[from] then addresses = addresses + 1 end
		wrong_from[from] = (wrong_from[from] or 0) + 1
		return wrong_from[from] <= WRONG_FROM_AN_ADDRESS
	end

	local function refusal(session, stanza, why)
		local error = REFUSALS[why] or REFUSALS.closed
		session.send(st.error_reply(stanza, error[1], error[2], error[3]))
		return true
	end

	-- What mod_invites_register takes an invite to be (13: mod_invites.lua, "invite_mt").
	local function shown(answer, token, by)
		local roles = roles_of(answer)
		local inviter = answer.contact
		if inviter and not um.user_exists(inviter, h.host) then inviter = nil end
		return setmetatable({
			invited = "app", token = token, by = by, spares_admins = answer.spares_admins, reusable = false,
			type = inviter and "roster" or "register", inviter = inviter, username = inviter or answer.username or answer.reset,
			additional_data = { source = "invited", groups = list(answer.groups), roles = roles, allow_reset = answer.reset },
		}, { __index = { use = function () return true end } })
	end

	-- XEP-0445, 2: an app shows a token before it registers.
	hook("stanza/iq/urn:xmpp:pars:0:preauth", function (event)
		local session, stanza = event.origin, event.stanza
		local token = stanza.tags[1].attr.token
		if not is_token(token) then return end
		if is_too_many(session) then return refusal(session, stanza, "later") end
		local answer, by = ask(everybody(), { of = "preauth", token = token })
		if session.destroyed then return true end
		local is = answer and answer.is or "later"
		if is == "welcome" then
			local ok, invite = pcall(shown, answer, token, by)
			if not ok then return refusal(session, stanza, "closed") end
			session.validated_invite = invite
			session.send(st.reply(stanza))
			return true
		elseif is == "instead" then
			-- An invite of Prosody's own by our link: it knows it by its own token.
			session.validated_invite = h.modules.invites and h.modules.invites.get(answer.token)
			if not session.validated_invite then return refusal(session, stanza, "ended") end
			session.send(st.reply(stanza))
			return true
		elseif is == "refused" then
			return refusal(session, stanza, answer.why)
		elseif not may_look(session, is) then
			return refusal(session, stanza, is == "unknown" and "ended" or "later")
		elseif is == "later" and not is_prosodys(nil, token) then
			return refusal(session, stanza, "later")
		end
	end, 100)

	-- A use is reserved for the account while it is made, and nobody has it before the ledger says so.
	hook("user-registering", function (event)
		local session = event.session
		local invite = event.validated_invite or (session and session.validated_invite)
		if not invite or invite.invited ~= "app" then return end
		local function deny(why)
			local error = REFUSALS[why] or REFUSALS.closed
			event.allowed, event.error_type, event.error_condition, event.reason = false, error[1], error[2], error[3]
			return true
		end
		local reset = invite.additional_data.allow_reset
		if reset and invite.spares_admins and is_admin(event.username, h.host) then return deny "closed" end
		local exists = um.user_exists(event.username, h.host)
		if exists and not reset then return deny "taken" end
		-- Prosody would make an account.
		if reset and not exists then return deny "closed" end
		local answer, by = ask_in_turn(invite.by, { of = "register", token = invite.token, username = event.username })
		local is = answer and answer.is or "later"
		if is == "reserved" then
			reserved[session] = { reservation = answer.reservation, by = by }
			-- Nobody would be told of the account.
			if not session.destroyed then return end
			finish(session, false)
			is = "later"
		end
		return deny(is == "refused" and answer.why or is == "unknown" and "ended" or "later")
	end, 1000)
	local function made(event) finish(event.session, true) end
	hook("user-registered", made, 100)
	hook("user-password-reset", made, 100)
	put(h.events.wrappers, "stanza/iq/jabber:iq:register:query", function (handlers, name, event)
		local answer = handlers(name, event)
		finish(event.origin, false)
		return answer
	end)

	-- XEP-0379, 4: who has an account shows the token of a contact's invite. What mod_invites_register does for a token of
	-- Prosody's own is done here for one of ours.
	hook("presence/bare", function (event)
		local stanza = event.stanza
		if stanza.attr.type ~= "subscribe" then return end
		local preauth = stanza:get_child("preauth", "urn:xmpp:pars:0")
		local token = preauth and preauth.attr.token
		if not is_token(token) or not async.ready() then return end
		local inviter, contact = jid.node(stanza.attr.to), jid.bare(stanza.attr.from)
		if not inviter or not um.user_exists(inviter, h.host) then return end
		if rm.is_contact_subscribed(inviter, h.host, contact) or is_too_many(event.origin) then return end
		local answer = ask_in_turn(nil, { of = "subscribe", token = token, inviter = inviter, contact = contact })
		local is = answer and answer.is or "later"
		if is == "later" and not is_prosodys(inviter, token) then
			return refusal(event.origin, stanza, "later")
		elseif is == "unknown" and not may_look(event.origin, is) then
			-- To whoever does not know the token it is a request as any other.
			stanza:maptags(function (tag) if tag ~= preauth then return tag end end)
		elseif is == "welcome" then
			local name, at = jid.split(contact)
			-- As mod_invites_register does it, two accounts of one server become no more than half of that while the inviter
			-- is offline.
			if at == h.host then return befriend(h, inviter, name) end
			rm.set_contact_pending_in(inviter, h.host, contact, stanza)
			must(rm.subscribed(inviter, h.host, contact))
			rm.roster_push(inviter, h.host, contact)
			if not rm.is_user_subscribed(inviter, h.host, contact)
				and not rm.is_contact_pending_out(inviter, h.host, contact)
				and rm.set_contact_pending_out(inviter, h.host, contact) then
				rm.roster_push(inviter, h.host, contact)
				prosody.core_post_stanza(h, st.presence { type = "subscribe", from = inviter .. "@" .. h.host, to = contact })
			end
		end
	end, 2)
	return held
end

