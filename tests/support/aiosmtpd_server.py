#!/usr/bin/python3
"""A real SMTP server for the tests: aiosmtpd with TLS and AUTH (clinic, "s3cret pass").

usage: aiosmtpd_server.py DIRECTORY PEM
Says "ready A B": A takes STARTTLS and AUTH PLAIN (or LOGIN), B is TLS from the start and takes AUTH
LOGIN alone. The system's interpreter has the package; another on PATH may not.
"""

import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

sys.dont_write_bytecode = True
import mail_store  # noqa: E402


class Handler(mail_store.Store):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return "550 5.1.1 <" + address + ">: no such user"
        if address.startswith("later@"):
            return "450 4.2.0 <" + address + ">: greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"clinic" and data.password == b"s3cret pass"
    return AuthResult(success=good, handled=False)


async def main(directory, pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    handler = Handler(directory)
    loop = asyncio.get_running_loop()
    common = {"hostname": "aiosmtpd.test", "enable_SMTPUTF8": True, "auth_required": True,
              "authenticator": authenticate, "data_size_limit": 100000, "loop": loop}

    def with_starttls():
        return SMTP(handler, tls_context=context, require_starttls=True, **common)

    def over_tls():
        return SMTP(handler, auth_require_tls=False, auth_exclude_mechanism=["PLAIN"], **common)

    first = await loop.create_server(with_starttls, "127.0.0.1", 0)
    second = await loop.create_server(over_tls, "127.0.0.1", 0, ssl=context)
    mail_store.say("ready %d %d" % tuple(server.sockets[0].getsockname()[1] for server in (first, second)))
    await mail_store.until_stdin_ends()


asyncio.run(main(sys.argv[1], sys.argv[2]))
