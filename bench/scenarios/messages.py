"""Storm, precision, booking → mail: the far end's stamps against the second that was due."""
import collections
import subprocess
import time

from harness.clinic import BIN, ONE_MAIL, Daemon, Postgres, Sink, due_at, plain_environment, sleep_until
from harness.processes import cpu_seconds, family_cpu_seconds, forget_peak, memory, wait_for
from harness.report import percentile, say

SOURCE_CONNECTIONS = 10


def storm_once(postgres, sink, count):
    postgres.fresh("storm")
    psychologist = postgres.people(count)
    second, starts = due_at(5 + count / 8000)
    postgres.visits(count, psychologist, starts)
    sink.reset()
    with Daemon(postgres, sink.port, ONE_MAIL) as daemon:
        if time.time() > second - 1:
            raise RuntimeError("the second was over before the daemon was ready: the machine is too busy")
        server = postgres.postmaster()
        sleep_until(second - 0.5)
        forget_peak(daemon.pid)
        before = cpu_seconds(daemon.pid), family_cpu_seconds(server), cpu_seconds(sink.child.pid)
        sink.await_count(count, 60 + count / 200)
        recorded = lambda: int(postgres.sql(
            "select count(*) from punctual.delivery where state = 'accepted'")) >= count
        wait_for(recorded, 60, "the last outcomes", 0.2)
        after = cpu_seconds(daemon.pid), family_cpu_seconds(server), cpu_seconds(sink.child.pid)
        peak = memory(daemon.pid)["Peak"]
        stamps = sink.stamps()
    check_once(stamps, count)
    times = [at for at, *_ in stamps]
    milliseconds = [(a - b) * 1000 / count for a, b in zip(after, before)]
    size = sum(size for *_, size in stamps) // count
    return {"storm.throughput": count / (max(times) - second), "storm.first_mail": (min(times) - second) * 1000,
            "storm.cpu_per_message": milliseconds[0], "storm.postgres_cpu_per_message": milliseconds[1],
            "storm.sink_cpu_per_message": milliseconds[2], "storm.peak_rss": peak}, size


def check_once(stamps, count):
    names = collections.Counter(name for _, _, name, _ in stamps)
    if len(stamps) != count or len(names) != count:
        raise RuntimeError(f"{len(stamps)} mails and {len(names)} messages instead of {count}")


def smtp_source(sink, count, size):
    """Postfix's own client against the same far end, its connections kept."""
    sink.reset()
    subprocess.run(["smtp-source", "-d", "-s", str(SOURCE_CONNECTIONS), "-m", str(count), "-l", str(size),
                    "-f", "no-reply@clinic.example", "-t", "p@patient.example", f"inet:127.0.0.1:{sink.port}"],
                   check=True, env=plain_environment())
    times = [at for at, *_ in sink.stamps()]
    return count / (max(times) - min(times))


UNITS = {"storm.throughput": "messages/s", "storm.first_mail": "ms", "storm.cpu_per_message": "ms",
         "storm.postgres_cpu_per_message": "ms", "storm.sink_cpu_per_message": "ms", "storm.peak_rss": "MiB",
         "storm.smtp_source": "messages/s", "storm.against_smtp_source": "ratio"}


def storm(report, options):
    postgres = Postgres()
    try:
        with Sink() as sink:
            for count in options.storm_sizes:
                runs = []
                for number in range(options.repeat):
                    say(f"storm of {count}, run {number + 1}")
                    found, size = storm_once(postgres, sink, count)
                    found["storm.smtp_source"] = smtp_source(sink, min(count, 20000), size)
                    found["storm.against_smtp_source"] = found["storm.throughput"] / found["storm.smtp_source"]
                    runs.append(found)
                report.medians(runs, UNITS, messages=count, bytes=size)
    finally:
        postgres.close()


def precision(report, options):
    count, seconds = options.precision
    postgres = Postgres()
    runs = []
    try:
        with Sink() as sink:
            for number in range(options.repeat):
                say(f"precision, {count} over {seconds} s, run {number + 1}")
                postgres.fresh("precision")
                psychologist = postgres.people(count)
                second, starts = due_at(4)
                gap = seconds / count
                postgres.visits(count, psychologist, f"{starts} + (i - 1) * interval '{gap} seconds'")
                sink.reset()
                with Daemon(postgres, sink.port, ONE_MAIL):
                    sink.await_count(count, seconds + 60)
                    time.sleep(0.2)
                    stamps = sink.stamps()
                check_once(stamps, count)
                # p17@… is the 17th.
                late = [(at - second - (int(to[1:to.index("@")]) - 1) * gap) * 1000 for at, to, *_ in stamps]
                runs.append({"precision.p50": percentile(late, 50), "precision.p99": percentile(late, 99),
                             "precision.longest": max(late), "precision.early": sum(ms < 0 for ms in late)})
        report.medians(runs, {"precision.p50": "ms", "precision.p99": "ms", "precision.longest": "ms",
                              "precision.early": "messages"}, messages=count, seconds=seconds)
    finally:
        postgres.close()


def booking(report, options):
    count, gap = options.bookings, 20
    postgres = Postgres()
    runs = []
    try:
        with Sink() as sink:
            for number in range(options.repeat):
                say(f"booking → mail, {count} bookings {gap} ms apart, run {number + 1}")
                postgres.fresh("booking")
                psychologist = postgres.people(count)
                sink.reset()
                with Daemon(postgres, sink.port):
                    time.sleep(1)
                    booked = subprocess.run([BIN / "booker", postgres.url, "1", str(count), str(gap), str(psychologist)],
                                            check=True, capture_output=True, text=True, env=plain_environment()).stdout
                    # One to the patient and one to the psychologist.
                    sink.await_count(2 * count, 60)
                    stamps = sink.stamps()
                committed = {f"p{who}@patient.example": int(at) / 1e9
                             for who, at in (line.split() for line in booked.splitlines())}
                late = [(at - committed[to]) * 1000 for at, to, *_ in stamps if to in committed]
                if len(late) != count:
                    raise RuntimeError(f"{len(late)} confirmations to patients instead of {count}")
                runs.append({"booking.p50": percentile(late, 50), "booking.p99": percentile(late, 99)})
        report.medians(runs, {"booking.p50": "ms", "booking.p99": "ms"}, bookings=count, gap_ms=gap)
    finally:
        postgres.close()
