"""What a figure is taken of: a private Postgres, the far end, the sandbox, the daemon. On free ports."""
import atexit
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from harness.processes import Child, free_port, wait_for
from harness.report import say

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PUNCTUAL_BIN") or ROOT / "build" / "release" / "bin")
SECRET = "the-secret-key-of-the-front-end"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
REMINDER_AHEAD = 24 * 3600

# One mail a visit: what the peers were measured with.
ONE_MAIL = """
[[reminder]]
name = "reminder_24h"
before = "24h"
patient = ["email"]
psychologist = []
"""


class Postgres:
    """A server of the benchmark's own with Postgres's defaults (fsync and synchronous_commit on), in the temporary
    folder; one for all scenarios, a database for each."""

    server = None

    def __init__(self):
        self.name = None
        if Postgres.server is None:
            Postgres.start()

    @classmethod
    def start(cls):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="punctual-bench-postgres-"))
        # Postgres refuses to be root: then the package's own account runs it.
        as_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if as_owner:
            shutil.chown(cls.folder, "postgres")
        data, port = cls.folder / "data", free_port()
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        subprocess.run(as_owner + [programs / "initdb", "-D", data, "-U", "punctual", "--auth=trust", "--encoding=UTF8",
                                   "--locale=C.UTF-8"], **quiet)
        cls.control = as_owner + [programs / "pg_ctl", "-D", data, "-w", "-t", "60"]
        atexit.register(cls.stop)
        subprocess.run(cls.control + ["-l", cls.folder / "log", "-o",
                                      f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''",
                                      "start"], **quiet)
        cls.server = f"postgresql://punctual@127.0.0.1:{port}/postgres"

    @classmethod
    def stop(cls):
        subprocess.run(cls.control + ["-m", "fast", "stop"], check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(cls.folder, ignore_errors=True)

    def fresh(self, name):
        self.name = f"bench_{name}_{os.getpid()}"
        self.sql(f"drop database if exists {self.name} with (force)", server=True)
        self.sql(f"create database {self.name}", server=True)
        subprocess.run([BIN / "punctuald", "migrate"], check=True, stdout=subprocess.DEVNULL,
                       env={**plain_environment(), "DATABASE_URL": self.url, "SECRET_KEY": SECRET})

    def drop(self):
        if self.name and self.server:
            self.sql(f"drop database if exists {self.name} with (force)", server=True)
            self.name = None

    @property
    def url(self):
        return self.server.rsplit("/", 1)[0] + "/" + self.name

    def sql(self, text, server=False):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", self.server if server else self.url],
                              input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def postmaster(self):
        with open(self.folder / "data" / "postmaster.pid", encoding="ascii") as pid:
            return int(pid.readline())

    def people(self, patients):
        """Ids 1 … patients, and the psychologist after them."""
        self.sql(f"""insert into punctual.person (full_name, email, role)
            select 'Robin Example ' || i, 'p' || i || '@patient.example', 'patient' from generate_series(1, {patients}) i;
            insert into punctual.person (full_name, email, role) values ('Dr Sam Sample', 'sam@clinic.example', 'psychologist');
            analyze punctual.person""")
        return patients + 1

    def visits(self, count, psychologist, starts, rooms=True):
        """As if they had been there before the daemon: no triggers, so no change and no notice. `starts`: SQL of i."""
        self.sql(f"""set session_replication_role = replica;
            insert into punctual.appointment (patient_id, psychologist_id, starts_at)
            select 1 + (i - 1) % ({psychologist} - 1), {psychologist}, {starts} from generate_series(1, {count}) i;
            {"select count(*) from punctual.assign_rooms((select array_agg(id) from punctual.appointment));" if rooms else ""}
            delete from punctual.change;
            analyze; checkpoint""")

    def close(self):
        self.drop()


def plain_environment():
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class Sink:
    def __init__(self):
        self.child = Child([BIN / "stamp_sink"], plain_environment(), stdout=subprocess.PIPE)
        self.port, orders = (int(word) for word in self.child.process.stdout.readline().split())
        self.orders = socket.create_connection(("127.0.0.1", orders)).makefile("rw", encoding="utf-8")

    def ask(self, order):
        self.orders.write(order + "\n")
        self.orders.flush()
        return self.orders.readline().strip()

    def reset(self):
        self.ask("reset")

    def count(self):
        return int(self.ask("count"))

    def await_count(self, count, limit):
        wait_for(lambda: self.count() >= count, limit, f"{count} mails at the far end", 0.02)

    def stamps(self):
        """(seconds since 1970, recipient, Message-ID, bytes), as they came."""
        found = []
        line = self.ask("dump")
        while line != ".":
            at, to, name, size = line.split(" ")
            found.append((int(at) / 1e9, to, name, int(size)))
            line = self.orders.readline().strip()
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stop()


class Sandbox:
    """Twilio's part of punctual-sandbox."""

    def __init__(self, folder):
        ports = pathlib.Path(folder) / "ports"
        self.child = Child([BIN / "punctual-sandbox", "--http-port", "0", "--smtp-port", "0", "--ports-file", ports,
                            "--ca-out", pathlib.Path(folder) / "ca.pem"], plain_environment())
        wait_for(lambda: ports.exists() and "SMTP_PORT" in ports.read_text(), 20, "the sandbox")
        self.port = dict(line.split("=") for line in ports.read_text().split())["HTTP_PORT"]

    def environment(self):
        url = f"http://127.0.0.1:{self.port}"
        return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "sandbox-auth-token",
                "TWILIO_API_KEY": "SK0123456789abcdef0123456789abcdef", "TWILIO_API_SECRET": "sandbox-api-secret",
                "TWILIO_API_BASE_URL": url, "TWILIO_VIDEO_BASE_URL": url, "TWILIO_SMS_FROM": "+61480000000"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stop()


class Daemon:
    def __init__(self, postgres, smtp_port=None, toml="", environment=None, wait=True, command=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="punctual-bench-"))
        (self.folder / "punctual.toml").write_text(toml, encoding="utf-8")
        self.port = free_port()
        settings = {**plain_environment(), "DATABASE_URL": postgres.url, "PORT": str(self.port), "SECRET_KEY": SECRET,
                    "CLINIC_NAME": "Harbour Psychology", "CLINIC_EMAIL": "desk@clinic.example",
                    "CLINIC_PHONE": "02 9000 0000", "CLINIC_ADDRESS": "1 Quay Street, Sydney",
                    "FRONTEND_URL": "https://front.example", "LOG_LEVEL": "info"}
        if smtp_port:
            settings |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp_port), "EMAIL_USE_TLS": "false",
                         "DEFAULT_FROM_EMAIL": "Harbour Psychology <no-reply@clinic.example>"}
        settings |= environment or {}
        self.child = Child([*(command or [BIN / "punctuald"]), "serve", "--config", self.folder / "punctual.toml"], settings,
                           log=self.folder / "log")
        self.pid = self.child.pid
        self.ready_after = None
        if wait:
            self.await_ready(60)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def is_ready(self):
        if not self.child.running():
            raise RuntimeError("the daemon has ended: " + self.log()[-2000:])
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as link:
                link.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                return link.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def await_ready(self, limit):
        wait_for(self.is_ready, limit, "/readyz", 0.005)
        self.ready_after = time.time() - self.child.started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def due_at(ahead):
    """A whole second that is at least `ahead` seconds away, and the SQL of a start whose reminder is due then."""
    second = int(time.time() + ahead) + 1
    return second, f"to_timestamp({second + REMINDER_AHEAD})"


def sleep_until(when):
    time.sleep(max(0.0, when - time.time()))

