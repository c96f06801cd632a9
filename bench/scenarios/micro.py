"""Costs of single parts, by Google Benchmark; a program each (bench/*_bench.cpp)."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from harness.clinic import BIN, ROOT, plain_environment
from harness.report import say

NOT_COUNTERS = {"name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions",
                "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label",
                "aggregate_name", "aggregate_unit"}


def micro(report, options):
    for source in sorted((ROOT / "bench").glob("*_bench.cpp")):
        program = source.stem
        say(program)
        for run in measure(program, options):
            counters = {name: value for name, value in run.items() if name not in NOT_COUNTERS}
            # A fixed number of turns is no part of what is measured.
            name = re.sub("/iterations:[0-9]+$", "", run["name"])
            report.line(program.removesuffix("_bench") + "." + name, run["cpu_time"], run["time_unit"], **counters)


def measure(program, options):
    """Its own table goes to stderr line by line, as it measures."""
    with tempfile.TemporaryDirectory(prefix="punctual-bench-") as folder:
        out = pathlib.Path(folder) / "figures.json"
        arguments = [BIN / program, f"--benchmark_min_time={options.micro_seconds}", f"--benchmark_out={out}",
                     "--benchmark_out_format=json", "--benchmark_color=false"]
        if program == "wheel_bench":
            arguments.append("--benchmark_filter=" + options.wheel_filter)
        subprocess.run(arguments, check=True, stdout=sys.stderr, env=plain_environment())
        return json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
