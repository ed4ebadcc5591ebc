"""A mail server that is not ours: aiosmtpd, with what it takes read by Python's own email package.

Usage: server.py MODE CERTIFICATE KEY, where MODE is `smtps` or `starttls`. Says on stdout in which port it listens, and then
what happens, a line of JSON each. A line `{"on": "rcpt", "say": "451 ..."}` on stdin has the next such command answered so.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

# What it says of connections that end as they are meant to.
logging.disable()

LOGIN = (b"invites@example.com", 'the "password" & more'.encode())


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    def __init__(self):
        self.replies = {"mail": [], "rcpt": [], "data": []}

    def scripted(self, command):
        reply = self.replies[command].pop(0) if self.replies[command] else None
        if reply:
            tell(event="refused", on=command, say=reply)
        return reply

    async def handle_MAIL(self, server, session, envelope, address, options):
        if (reply := self.scripted("mail")) is not None:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if (reply := self.scripted("rcpt")) is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if (reply := self.scripted("data")) is not None:
            return reply
        read(envelope)
        return "250 OK"


def read(envelope):
    message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    tell(
        event="mail",
        sender=envelope.mail_from,
        to=envelope.rcpt_tos,
        headers=[[name, str(value)] for name, value in message.items()],
        type=message.get_content_type(),
        parts=[{"type": part.get_content_type(), "text": part.get_content().replace("\r\n", "\n")} for part in parts],
        defects=[repr(defect) for part in message.walk() for defect in part.defects],
        ascii=envelope.original_content.isascii(),
        longest=max(len(line) for line in envelope.original_content.split(b"\r\n")),
    )


def authenticate(server, session, envelope, mechanism, data):
    is_right = mechanism in ("LOGIN", "PLAIN") and (data.login, data.password) == LOGIN
    tell(event="login", right=is_right, encrypted=session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
    return AuthResult(success=is_right, handled=False)


async def main(mode, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler, loop = Handler(), asyncio.get_running_loop()
    options = {"authenticator": authenticate, "auth_required": True, "hostname": "mail.example.com"}
    if mode == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options |= {"auth_require_tls": False}
    wrapped = context if mode == "smtps" else None
    server = await loop.create_server(lambda: SMTP(handler, **options), "127.0.0.1", 0, ssl=wrapped)
    tell(port=server.sockets[0].getsockname()[1])
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        reply = json.loads(line)
        handler.replies[reply["on"]].append(reply["say"])
        tell(event="scripted")


asyncio.run(main(*sys.argv[1:]))
