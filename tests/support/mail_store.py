"""Keeps what an SMTP server was given, and says so on stdout: one line "mail N" each.

N.eml holds the bytes after DATA with the doubled dots taken back, N.env the envelope: MAIL FROM's
address and options, then one recipient a line. Used by the servers beside it, each of which ends when
its stdin does: with the test, however that ends.
"""

import asyncio
import pathlib
import socket
import sys


def say(line):
    print(line, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Store:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = str(self.count)
        (self.directory / (name + ".eml")).write_bytes(envelope.original_content)
        lines = [" ".join([envelope.mail_from, *envelope.mail_options]), *envelope.rcpt_tos]
        (self.directory / (name + ".env")).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        say("mail " + name)
        return "250 OK"


async def until_stdin_ends():
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def look():
        if not sys.stdin.buffer.raw.read(4096) and not ended.done():
            ended.set_result(None)

    loop.add_reader(sys.stdin.fileno(), look)
    await ended
    loop.remove_reader(sys.stdin.fileno())
