"""Children, and what the kernel says of processes. Every child is ended by its own id."""
import os
import signal
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, limit, what, pace=0.01):
    until = time.monotonic() + limit
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(pace)
    raise RuntimeError(f"{what}: not within {limit} s")


class Child:
    def __init__(self, arguments, environment=None, log=None, stdout=None, user=None):
        self.log = open(log, "wb") if log else subprocess.DEVNULL
        self.started = time.time()
        self.process = subprocess.Popen(arguments, env=environment, stdout=stdout or self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, user=user)
        self.pid = self.process.pid

    def running(self):
        return self.process.poll() is None

    def stop(self, limit=60):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(limit)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def cpu_seconds(pid):
    """User and system time of a process, all its threads: /proc/PID/stat, in clock ticks (10 ms)."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def family_cpu_seconds(parent):
    """A server and its children, those that have ended too."""
    total = 0.0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry) == parent:
            total += sum(int(field) for field in fields[11:15]) / TICK
        elif int(fields[1]) == parent:
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def memory(pid):
    """MiB: resident now and at most, and what of it is the process's own or of shared files."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in list(rollup)[1:]:
            name, value = line.split()[:2]
            found[name.rstrip(":")] = int(value) / 1024
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                found["Peak"] = int(line.split()[1]) / 1024
    return found


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as refs:
        refs.write("5")


def waits(pid):
    """How often any of its threads has gone to sleep."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total
