"""The API under wrk: the token endpoint alone and in a storm, /healthz beside nginx."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile
import time

from harness.clinic import ONE_MAIL, ROOT, SECRET, Daemon, Postgres, Sandbox, Sink, due_at, plain_environment, sleep_until
from harness.processes import Child, cpu_seconds, family_cpu_seconds, free_port
from harness.report import say

CONNECTIONS = 64
VISITS = 64  # those who open their visit in the same minutes
IN_WINDOW = "now() + interval '10 minutes'"


def bearer(person):
    encode = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=")
    claims = {"token_type": "access", "user_id": person, "exp": int(time.time()) + 3600}
    text = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())).decode()


def wrk(url, seconds, requests=None):
    """`requests`: (path, bearer token) that the connections take in turn."""
    with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder:
        script = pathlib.Path(folder) / "wrk.lua"
        paths = ",".join(f'wrk.format("GET", "{path}", {{["Authorization"] = "Bearer {token}"}})'
                         for path, token in requests or [])
        script.write_text((ROOT / "bench" / "wrk.lua").read_text().replace("--REQUESTS--", paths), encoding="utf-8")
        said = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, url], check=True,
                              capture_output=True, text=True, env=plain_environment()).stdout
    found = json.loads(said[said.rindex("{"):])
    if found["errors"]:
        raise RuntimeError(f"{found['errors']} of {found['requests']} requests to {url} failed")
    return found


def measured(pid, url, seconds, requests=None):
    before = cpu_seconds(pid)
    found = wrk(url, seconds, requests)
    found["cpu"] = cpu_seconds(pid) - before
    return found


def token_requests(postgres):
    return [(f"/api/appointments/video-token/{visit}/", bearer(int(who)))
            for visit, who in (row.split("|") for row in postgres.sql(
                f"select id, patient_id from punctual.appointment where starts_at < now() + interval '1 hour' "
                f"order by id limit {VISITS}").splitlines())]


def token(report, options):
    postgres = Postgres()
    alone, beside = [], []
    try:
        with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder, Sink() as sink, Sandbox(folder) as twilio:
            for number in range(options.repeat):
                say(f"token endpoint, run {number + 1}")
                postgres.fresh("token")
                storm = options.token_storm
                psychologist = postgres.people(max(storm, VISITS))
                second, starts = due_at(8 + options.wrk_seconds * 1.5 + storm / 8000)
                postgres.visits(storm, psychologist, starts)
                postgres.visits(VISITS, psychologist, IN_WINDOW)
                sink.reset()
                with Daemon(postgres, sink.port, ONE_MAIL, twilio.environment()) as daemon:
                    url = f"http://127.0.0.1:{daemon.port}"
                    requests = token_requests(postgres)
                    wrk(url, 1, requests)
                    server = postgres.postmaster()
                    database = family_cpu_seconds(server)
                    found = measured(daemon.pid, url, options.wrk_seconds, requests)
                    database = family_cpu_seconds(server) - database
                    alone.append({"token.throughput": found["per_second"], "token.p50": found["p50_ms"],
                                  "token.p99": found["p99_ms"],
                                  "token.per_cpu_second": found["requests"] / found["cpu"],
                                  "token.postgres_cpu_per_request": database / found["requests"] * 1000})
                    if time.time() > second - 0.2:
                        raise RuntimeError("the storm came before the figures were taken: the machine is too busy")
                    sleep_until(second - 0.1)
                    found = wrk(url, options.wrk_seconds, requests)
                    sink.await_count(storm, 120)
                    times = [at for at, *_ in sink.stamps()]
                    beside.append({"token.throughput_in_storm": found["per_second"], "token.p99_in_storm": found["p99_ms"],
                                   "token.storm_throughput": storm / (max(times) - second)})
        units = {"token.throughput": "requests/s", "token.p50": "ms", "token.p99": "ms",
                 "token.per_cpu_second": "requests/s", "token.postgres_cpu_per_request": "ms",
                 "token.throughput_in_storm": "requests/s", "token.p99_in_storm": "ms",
                 "token.storm_throughput": "messages/s"}
        report.medians(alone, units, connections=CONNECTIONS, seconds=options.wrk_seconds)
        report.medians(beside, units, connections=CONNECTIONS, seconds=options.wrk_seconds, storm=storm)
    finally:
        postgres.close()


class Nginx:
    def __init__(self, folder):
        self.port = free_port()
        folder = pathlib.Path(folder)
        (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 'ok'; }} }} }}
""", encoding="utf-8")
        self.child = Child(["nginx", "-c", folder / "nginx.conf", "-p", folder], plain_environment(), log=folder / "log")

    def __enter__(self):
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.child.stop()


def healthz(report, options):
    postgres = Postgres()
    runs = []
    try:
        postgres.fresh("healthz")
        with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder, Sink() as sink, Nginx(folder) as nginx, \
                Daemon(postgres, sink.port, ONE_MAIL) as daemon:
            ours, theirs = f"http://127.0.0.1:{daemon.port}/healthz", f"http://127.0.0.1:{nginx.port}/"
            for _ in range(options.repeat):
                mine = measured(daemon.pid, ours, options.wrk_seconds)
                other = measured(nginx.child.pid, theirs, options.wrk_seconds)
                runs.append({"healthz.throughput": mine["per_second"], "healthz.nginx": other["per_second"],
                             "healthz.against_nginx": mine["per_second"] / other["per_second"],
                             "healthz.p99": mine["p99_ms"],
                             "healthz.per_cpu_second": mine["requests"] / mine["cpu"],
                             "healthz.nginx_per_cpu_second": other["requests"] / other["cpu"]})
        report.medians(runs, {"healthz.throughput": "requests/s", "healthz.nginx": "requests/s",
                              "healthz.against_nginx": "ratio", "healthz.p99": "ms",
                              "healthz.per_cpu_second": "requests/s", "healthz.nginx_per_cpu_second": "requests/s"},
                       connections=CONNECTIONS, seconds=options.wrk_seconds)
    finally:
        postgres.close()
