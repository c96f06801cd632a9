"""Costs of single parts, by Google Benchmark; a program each (bench/*_bench.cpp)."""
import json
import subprocess

from harness.clinic import BIN, ROOT, plain_environment
from harness.report import say

NOT_COUNTERS = {"name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions",
                "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label",
                "aggregate_name", "aggregate_unit"}


def micro(report, options):
    for source in sorted((ROOT / "bench").glob("*_bench.cpp")):
        program = source.stem
        say(program)
        arguments = [BIN / program, "--benchmark_format=json", f"--benchmark_min_time={options.micro_seconds}"]
        if program == "wheel_bench":
            arguments.append("--benchmark_filter=" + options.wheel_filter)
        said = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env=plain_environment()).stdout
        for run in json.loads(said)["benchmarks"]:
            counters = {name: value for name, value in run.items() if name not in NOT_COUNTERS}
            report.line(program.removesuffix("_bench") + "." + run["name"], run["cpu_time"], run["time_unit"], **counters)
