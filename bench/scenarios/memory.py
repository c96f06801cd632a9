"""Start, memory and growth; the idle daemon."""
import time

from harness.clinic import ONE_MAIL, Daemon, Postgres, Sink
from harness.processes import cpu_seconds, memory, waits
from harness.report import say

# Spread over the 36 days that are held, none due while it is looked at.
SPREAD = "date_trunc('minute', now()) + interval '26 hours' + (i % 49000) * interval '1 minute'"


def figures(daemon):
    found = memory(daemon.pid)
    return {"rss": found["Rss"], "private": found["Private_Dirty"], "files": found["Rss"] - found["Private_Dirty"]}


def idle(report, options):
    postgres = Postgres()
    runs = []
    try:
        with Sink() as sink:
            for _ in range(options.repeat):
                postgres.fresh("idle")
                with Daemon(postgres, sink.port, ONE_MAIL) as daemon:
                    time.sleep(options.idle_settle)
                    held = figures(daemon)
                    before, spent = waits(daemon.pid), cpu_seconds(daemon.pid)
                    say(f"idle for {options.idle_seconds} s")
                    time.sleep(options.idle_seconds)
                    runs.append({"idle.rss": held["rss"], "idle.rss_private": held["private"],
                                 "idle.rss_of_files": held["files"],
                                 "idle.wakeups": (waits(daemon.pid) - before) / options.idle_seconds,
                                 "idle.cpu": (cpu_seconds(daemon.pid) - spent) / options.idle_seconds * 1000})
        report.medians(runs, {"idle.rss": "MiB", "idle.rss_private": "MiB", "idle.rss_of_files": "MiB",
                              "idle.wakeups": "1/s", "idle.cpu": "ms/s"}, seconds=options.idle_seconds)
    finally:
        postgres.close()


def start(report, options):
    """Each size beside an empty start: what a million costs is the difference."""
    postgres = Postgres()
    try:
        with Sink() as sink:
            for count in options.start_sizes:
                postgres.fresh("start")
                psychologist = postgres.people(1000)
                with Daemon(postgres, sink.port, ONE_MAIL) as daemon:
                    time.sleep(1)
                    empty = memory(daemon.pid)["Rss"]
                say(f"inserting {count} appointments")
                postgres.visits(count, psychologist, SPREAD, rooms=False)
                runs = []
                for _ in range(options.repeat):
                    with Daemon(postgres, sink.port, ONE_MAIL, wait=False) as daemon:
                        daemon.await_ready(120)
                        spent = cpu_seconds(daemon.pid)
                        time.sleep(1)
                        held = memory(daemon.pid)
                        runs.append({"start.ready": daemon.ready_after, "start.cpu": spent, "start.rss": held["Rss"],
                                     "start.peak_rss": held["Peak"],
                                     "start.rss_per_million": (held["Rss"] - empty) / count * 1e6})
                report.medians(runs, {"start.ready": "s", "start.cpu": "s", "start.rss": "MiB", "start.peak_rss": "MiB",
                                      "start.rss_per_million": "MiB"}, appointments=count)
    finally:
        postgres.close()
