"""Instructions per message and per request, by callgrind: figures without noise, to compare a later change with."""
import pathlib
import subprocess
import sys
import tempfile
import time

from harness.clinic import BIN, ONE_MAIL, Daemon, Postgres, Sandbox, Sink, due_at, plain_environment
from harness.processes import wait_for
from harness.report import say
from scenarios import http

SMALL, LARGE = 200, 1200
READY = 120  # seconds under valgrind


def counted(folder, name):
    """The daemon's command, and where its total is found when it has ended. Its symbols alone: valgrind 3.19 does not
    read clang's debug information."""
    out = pathlib.Path(folder) / name
    program = pathlib.Path(folder) / "punctuald"
    if not program.exists():
        subprocess.run(["objcopy", "--strip-debug", BIN / "punctuald", program], check=True)
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program], out


def total(out):
    with open(out, encoding="ascii", errors="replace") as lines:
        return int(next(line for line in lines if line.startswith(("summary:", "totals:"))).split()[1])


def top_functions(out, count=25):
    said = subprocess.run(["callgrind_annotate", "--threshold=90", out], check=True, capture_output=True, text=True,
                          env=plain_environment()).stdout
    rows = [line for line in said.splitlines() if "%" in line and ("???" in line or ":" in line)]
    return [row.strip()[:150] for row in rows[:count]]


def message(report, postgres, folder):
    totals, last = {}, None
    with Sink() as sink:
        for count in (SMALL, LARGE):
            say(f"storm of {count} under callgrind")
            postgres.fresh("instructions")
            psychologist = postgres.people(count)
            _, starts = due_at(-1)  # due already: started late, it goes out at once
            postgres.visits(count, psychologist, starts)
            postgres.sql("set session_replication_role = replica; "
                         "update punctual.appointment set created_at = now() - interval '2 days'")
            sink.reset()
            command, last = counted(folder, f"storm-{count}")
            with Daemon(postgres, sink.port, ONE_MAIL, wait=False, command=command) as daemon:
                daemon.await_ready(READY)
                sink.await_count(count, 300)
                wait_for(lambda: int(postgres.sql("select count(*) from punctual.delivery where state = 'accepted'")) ==
                         count, 60, "the last outcomes", 0.5)
            totals[count] = total(last)
    report.line("instructions.per_message", (totals[LARGE] - totals[SMALL]) / (LARGE - SMALL), "instructions",
                messages=LARGE - SMALL)
    for row in top_functions(last):
        print("bench:   " + row, file=sys.stderr)


def request(report, postgres, folder, path_of, name):
    totals, requests = {}, 0
    with Sink() as sink, Sandbox(folder) as twilio:
        for rush in (False, True):
            postgres.fresh("instructions")
            psychologist = postgres.people(http.VISITS)
            postgres.visits(http.VISITS, psychologist, http.IN_WINDOW)
            command, out = counted(folder, f"{name}-{rush}")
            with Daemon(postgres, sink.port, ONE_MAIL, twilio.environment(), wait=False, command=command) as daemon:
                daemon.await_ready(READY)
                if rush:
                    requests = http.wrk(f"http://127.0.0.1:{daemon.port}{path_of}", 10,
                                        http.token_requests(postgres) if path_of == "/" else None)["requests"]
                else:
                    time.sleep(10)
            totals[rush] = total(out)
    report.line(f"instructions.per_{name}", (totals[True] - totals[False]) / requests, "instructions", requests=requests)


def instructions(report, _options):
    postgres = Postgres()
    try:
        with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder:
            message(report, postgres, folder)
            request(report, postgres, folder, "/", "token")
            request(report, postgres, folder, "/healthz", "healthz")
    finally:
        postgres.close()
