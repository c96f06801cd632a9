"""What our triggers cost those who book, with them and without in turn."""
import pathlib
import subprocess
import tempfile
import time

from harness.clinic import Postgres, plain_environment
from harness.report import say


def switch(postgres, on):
    # The touch of updated_at is the table's own and stays.
    names = postgres.sql("""select tgname from pg_trigger where tgrelid = 'punctual.appointment'::regclass
                            and not tgisinternal and tgname <> 'punctual_touch'""").split()
    postgres.sql(";".join(f"alter table punctual.appointment {'enable' if on else 'disable'} trigger {name}"
                          for name in names))


def clear(postgres):
    postgres.sql("truncate punctual.appointment, punctual.appointment_state, punctual.change, punctual.delivery cascade")
    postgres.sql("checkpoint")


def bulk(report, options):
    postgres = Postgres()
    runs = []
    try:
        postgres.fresh("bulk")
        psychologist = postgres.people(1000)
        for number in range(max(options.repeat, 1)):
            took = {}
            # What comes second finds warm caches and a grown log: each goes first in turn.
            for on in (False, True) if number % 2 == 0 else (True, False):
                clear(postgres)
                switch(postgres, on)
                began = time.monotonic()
                postgres.sql(f"""insert into punctual.appointment (patient_id, psychologist_id, starts_at)
                    select 1 + i % 1000, {psychologist}, now() + interval '3 days' + i * interval '1 second'
                    from generate_series(1, {options.bulk}) i""")
                took[on] = time.monotonic() - began
            runs.append({"bulk.with_triggers": took[True], "bulk.without_triggers": took[False],
                         "bulk.cost": took[True] / took[False]})
        report.medians(runs, {"bulk.with_triggers": "s", "bulk.without_triggers": "s", "bulk.cost": "ratio"},
                       appointments=options.bulk)
    finally:
        postgres.close()


def pgbench(postgres, seconds, psychologist):
    with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder:
        script = pathlib.Path(folder) / "book.sql"
        script.write_text(f"""\\set patient random(1, 1000)
\\set ahead random(100000, 2000000)
insert into punctual.appointment (patient_id, psychologist_id, starts_at)
values (:patient, {psychologist}, now() + :ahead * interval '1 second');
""", encoding="utf-8")
        program = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pgbench"))[-1]
        said = subprocess.run([program, "-n", "-M", "prepared", "-c16", "-j2", f"-T{seconds}", "-f", script, postgres.url],
                              check=True, capture_output=True, text=True, env=plain_environment()).stdout
    return float(next(line for line in said.splitlines() if line.startswith("tps = ")).split()[2])


def writers(report, options):
    postgres = Postgres()
    runs = []
    try:
        postgres.fresh("writers")
        psychologist = postgres.people(1000)
        for number in range(options.pairs):
            say(f"16 writers, pair {number + 1} of {options.pairs}")
            rates = {}
            for on in (False, True) if number % 2 == 0 else (True, False):
                clear(postgres)
                switch(postgres, on)
                rates[on] = pgbench(postgres, options.pgbench_seconds, psychologist)
            runs.append({"writers.with_triggers": rates[True], "writers.without_triggers": rates[False],
                         "writers.kept": rates[True] / rates[False]})
        report.medians(runs, {"writers.with_triggers": "1/s", "writers.without_triggers": "1/s",
                              "writers.kept": "ratio"}, writers=16, seconds=options.pgbench_seconds)
    finally:
        postgres.close()
