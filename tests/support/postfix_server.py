#!/usr/bin/python3
"""A private Postfix for the tests, with TLS, AUTH (clinic, "s3cret pass") and a next hop that keeps
what it is given.

usage: postfix_server.py DIRECTORY PEM
Says "ready A B": A takes STARTTLS, B is TLS from the start. Its queue, its configuration and its log are
in DIRECTORY; it needs root, as Postfix does. SASL is asked of this script in Dovecot's protocol.
"""

import asyncio
import base64
import os
import pathlib
import pwd
import grp
import shutil
import signal
import subprocess
import sys

from aiosmtpd.smtp import SMTP

sys.dont_write_bytecode = True
import mail_store  # noqa: E402

MAIN = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {base}
maillog_file = {base}/log
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
smtp_dns_support_level = disabled
alias_maps =
local_recipient_maps =
notify_classes =
relayhost = [127.0.0.1]:{sink}
message_size_limit = 100000
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_cert_file = {pem}
smtpd_tls_key_file = {pem}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_session_cache_database =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {base}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{unknown@example.com = 550 5.1.1 no such user}}, {{later@example.com = 450 4.2.0 greylisted}} }}
"""

MASTER = """
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{tls} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def prepare(base, pem, sink, starttls, tls):
    base.chmod(0o755)
    owner = pwd.getpwnam("postfix").pw_uid
    drop = grp.getgrnam("postdrop").gr_gid
    queue = base / "queue"
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
                 "trace", "pid", "public", "maildrop"):
        (queue / name).mkdir(parents=True)
        if name != "pid":
            os.chown(queue / name, owner, drop if name in ("public", "maildrop") else -1)
            (queue / name).chmod({"public": 0o710, "maildrop": 0o730}.get(name, 0o700))
    (base / "data").mkdir()
    os.chown(base / "data", owner, -1)
    own_pem = base / "server.pem"
    shutil.copyfile(pem, own_pem)
    own_pem.chmod(0o600)
    values = {"base": base, "pem": own_pem, "sink": sink, "starttls": starttls, "tls": tls}
    (base / "main.cf").write_text(MAIN.format(**values))
    (base / "master.cf").write_text(MASTER.format(**values))


async def answer_sasl(reader, writer):
    """Dovecot's authentication protocol 1.1, as far as Postfix speaks it."""
    writer.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\n"
                 b"COOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")
    logins = {}
    while line := await reader.readline():
        words = line.decode().rstrip("\n").split("\t")
        if words[0] not in ("AUTH", "CONT"):
            continue
        number = words[1]
        if words[0] == "AUTH":
            logins[number] = [words[2]]
            given = next((word[5:] for word in words if word.startswith("resp=")), None)
        else:
            given = words[2]
        said = logins[number]
        if given is not None:
            decoded = base64.b64decode(given).decode()
            said.extend(decoded.split("\0")[1:] if said[0] == "PLAIN" else [decoded])
        if len(said) < 3:
            prompt = b"" if said[0] == "PLAIN" else (b"Username:", b"Password:")[len(said) - 1]
            writer.write(b"CONT\t%s\t%s\n" % (number.encode(), base64.b64encode(prompt)))
        elif said[1:] == ["clinic", "s3cret pass"]:
            writer.write(b"OK\t%s\tuser=clinic\n" % number.encode())
        else:
            writer.write(b"FAIL\t%s\tuser=clinic\n" % number.encode())
    writer.close()


async def greets(port):
    for _ in range(500):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            line = await reader.readline()
            writer.close()
            if line.startswith(b"220"):
                return
        except OSError:
            pass
        await asyncio.sleep(0.02)
    raise SystemExit("Postfix does not greet")


async def main(directory, pem):
    base = pathlib.Path(directory)
    loop = asyncio.get_running_loop()
    store = mail_store.Store(directory)
    sink = await loop.create_server(lambda: SMTP(store, hostname="sink.test", enable_SMTPUTF8=True, loop=loop),
                                    "127.0.0.1", 0)
    sasl = await asyncio.start_unix_server(answer_sasl, str(base / "sasl"))
    (base / "sasl").chmod(0o666)
    starttls, tls = mail_store.free_port(), mail_store.free_port()
    prepare(base, pem, sink.sockets[0].getsockname()[1], starttls, tls)
    daemons = subprocess.run(["/usr/sbin/postconf", "-dh", "daemon_directory"], check=True, capture_output=True, text=True)
    # A session of its own: master ends its whole process group.
    master = subprocess.Popen([daemons.stdout.strip() + "/master", "-c", directory, "-d"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=sys.stderr, start_new_session=True)
    try:
        await greets(starttls)
        mail_store.say("ready %d %d" % (starttls, tls))
        await mail_store.until_stdin_ends()
    finally:
        master.send_signal(signal.SIGTERM)
        try:
            master.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(master.pid, signal.SIGKILL)
            master.wait()
        sasl.close()


asyncio.run(main(sys.argv[1], sys.argv[2]))
