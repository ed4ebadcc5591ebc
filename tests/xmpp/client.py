"""An XMPP client that is not ours, slixmpp: does what a guest's app does, and prints how that went.

Usage: client.py HOST ADDRESS:PORT REQUEST, where REQUEST is JSON:
  {"do": "register", "token": …, "username": …, "password": …}
  {"do": "race", "token": …, "usernames": […], "password": …}   all present the token, then all register
  {"do": "login", "username": …, "password": …}                 prints the roster: JID to subscription
  {"do": "add", "username": …, "password": …, "contact": …, "token": …}   asks a contact who has made an invite
  {"do": "invite", "username": …, "password": …, "node": …}     runs a command of XEP-0401
  {"do": "talk", "username": …, "password": …}                  prints {"jid": …}, sends each line of stdin as it is, and
                                                                prints each stanza that comes: {"xml": …}
Prints {"ok": true, …} or {"error": "the condition", "at": "the step"}.
"""

import asyncio
import json
import logging
import pathlib
import sys

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Waiter
from slixmpp.xmlstream.matcher import MatcherId

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from patience import PATIENCE

logging.disable(logging.CRITICAL)


class Client(slixmpp.ClientXMPP):
    def __init__(self, host, username, password):
        super().__init__(f"{username}@{host}", password)
        self.host = host
        self.done = asyncio.get_event_loop().create_future()
        for plugin in ("xep_0030", "xep_0077", "xep_0004", "xep_0050"):
            self.register_plugin(plugin)
        mechanisms = self["feature_mechanisms"]
        mechanisms.unencrypted_plain = True
        # Without TLS there is nothing to bind to, which SCRAM is to be told as "n". slixmpp says "y" (that it could be had),
        # and ejabberd from 24 on takes that for somebody in between.
        settings = mechanisms.security_callback
        mechanisms.security_callback = lambda values: settings(values) | {"binding_proposed": True}
        self.add_event_handler("connection_failed", lambda _: self.end({"error": "connection", "at": "connect"}))
        self.add_event_handler("failed_auth", lambda _: self.end({"error": "not-authorized", "at": "login"}))

    def end(self, outcome):
        if not self.done.done():
            self.done.set_result(outcome)

    async def run(self, place, patience=PATIENCE):
        self.connect(place, use_ssl=False, force_starttls=False, disable_starttls=True)
        try:
            return await asyncio.wait_for(self.done, patience)
        except asyncio.TimeoutError:
            return {"error": "no answer", "at": "any"}
        finally:
            self.abort()


class Guest(Client):
    """Registers with a token (XEP-0445), before it logs in."""

    def __init__(self, host, username, password, token, together):
        super().__init__(host, username, password)
        self["xep_0077"].create_account = True
        self["xep_0077"].force_registration = True
        self.token, self.together = token, together
        self.add_event_handler("register", self.register)
        self.add_event_handler("stream_error", lambda _: self.end({"error": "stream", "at": "any"}))

    async def register(self, _form):
        step = "preauth"
        try:
            iq = self.Iq()
            iq["type"], iq["to"] = "set", self.host
            iq.append(ET.Element("{urn:xmpp:pars:0}preauth", {"token": self.token}))
            # slixmpp holds back what it does not know to belong before the login.
            answer = Waiter("preauth", MatcherId(iq["id"]))
            self.register_handler(answer)
            self.send_raw(str(iq))
            answer = await answer.wait(PATIENCE)
            if answer is None or answer["type"] == "error":
                self.end({"error": answer["error"]["condition"] if answer else "no answer", "at": step})
                return
            await self.together()
            step = "register"
            iq = self.Iq()
            iq["type"], iq["to"] = "set", self.host
            iq["register"]["username"], iq["register"]["password"] = self.boundjid.user, self.password
            await iq.send(timeout=PATIENCE)
            self.end({"ok": True})
        except IqError as error:
            self.end({"error": error.iq["error"]["condition"], "at": step})
        except IqTimeout:
            self.end({"error": "no answer", "at": step})


class Member(Client):
    def __init__(self, host, username, password, node=None, contact=None, token=None):
        super().__init__(host, username, password)
        self.node, self.contact, self.token = node, contact, token
        self.add_event_handler("session_start", self.start)

    async def start(self, _event):
        try:
            if self.node:
                iq = self.Iq()
                iq["type"], iq["to"] = "set", self.host
                iq.append(ET.Element("{http://jabber.org/protocol/commands}command", {"node": self.node, "action": "execute"}))
                answer = await iq.send(timeout=PATIENCE)
                fields = {
                    field.get("var"): field.findtext("{jabber:x:data}value")
                    for field in answer.xml.iter("{jabber:x:data}field")
                }
                self.end({"ok": True, "fields": fields})
                return
            self.send_presence()
            if self.contact:
                presence = self.Presence()
                presence["type"], presence["to"] = "subscribe", self.contact
                presence.append(ET.Element("{urn:xmpp:pars:0}preauth", {"token": self.token}))
                presence.send()
            roster = await self.get_roster(timeout=PATIENCE)
            items = {str(jid): item["subscription"] for jid, item in roster["roster"]["items"].items()}
            self.end({"ok": True, "roster": items})
        except IqError as error:
            self.end({"error": error.iq["error"]["condition"], "at": "session"})
        except IqTimeout:
            self.end({"error": "no answer", "at": "session"})


class Talker(Client):
    """Says what it is told to, word for word, until there is no more."""

    def __init__(self, host, username, password):
        super().__init__(host, username, password)
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("disconnected", lambda _: self.end({"error": "connection", "at": "session"}))
        self.add_filter("in", self.show)
        self.is_ready = False

    def show(self, stanza):
        if self.is_ready and stanza.name in ("iq", "message", "presence"):
            print(json.dumps({"xml": ET.tostring(stanza.xml, encoding="unicode")}), flush=True)
        return stanza

    async def start(self, _event):
        self.is_ready = True
        print(json.dumps({"jid": self.boundjid.full}), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            self.send_raw(line.rstrip("\n"))
        self.end({"ok": True})


async def main(host, place, request):
    async def alone():
        pass

    do, password = request["do"], request["password"]
    if do == "register":
        return await Guest(host, request["username"], password, request["token"], alone).run(place)
    if do == "race":
        barrier = asyncio.Barrier(len(request["usernames"]))
        guests = [Guest(host, name, password, request["token"], barrier.wait) for name in request["usernames"]]
        return await asyncio.gather(*(guest.run(place) for guest in guests))
    if do == "talk":
        return await Talker(host, request["username"], password).run(place, patience=None)
    wishes = {wish: request.get(wish) for wish in ("node", "contact", "token")}
    return await Member(host, request["username"], password, **wishes).run(place)


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    address, _, port = sys.argv[2].rpartition(":")
    outcome = loop.run_until_complete(main(sys.argv[1], (address, int(port)), json.loads(sys.argv[3])))
    print(json.dumps(outcome))
