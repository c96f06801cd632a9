#!/usr/bin/env python3
"""Draws how start and memory grow with the appointments, from `scripts/bench --growth --out FILE`, as SVG.
usage: bench/plot_growth.py FILE >docs/growth.svg"""
import json
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 70, 200, 30, 50
SERIES = {  # name → (label, colour)
    "start.ready": ("start until ready, s", "#1b6ca8"),
    "start.cpu": ("its CPU, s", "#62a87c"),
    "start.rss": ("resident, MiB", "#b5473c"),
    "start.rss_per_million": ("resident per million, MiB", "#8a6fb0"),
}


def points(figures, name):
    found = {one["parameters"]["appointments"]: one["value"] for one in figures if one["name"] == name}
    return sorted((count, value) for count, value in found.items() if value > 0)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as lines:
        figures = [json.loads(line) for line in lines if line.strip()]
    series = {name: points(figures, name) for name in SERIES}
    every = [point for row in series.values() for point in row]
    if not every:
        sys.exit("plot_growth: no figure of start in that file")
    low_x, high_x = (math.log10(limit(count for count, _ in every)) for limit in (min, max))
    low_y, high_y = math.floor(math.log10(min(value for _, value in every))), math.ceil(
        math.log10(max(value for _, value in every)))
    high_x = max(high_x, low_x + 1)
    x = lambda count: LEFT + (math.log10(count) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT)
    y = lambda value: HEIGHT - BOTTOM - (math.log10(value) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for power in range(low_y, high_y + 1):
        at = y(10.0**power)
        out.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for power in range(math.ceil(low_x), math.floor(high_x) + 1):
        at = x(10.0**power)
        out.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">appointments</text>')
    for name, (label, colour) in SERIES.items():
        if not series[name]:
            continue
        path = " L".join(f"{x(count):.1f} {y(value):.1f}" for count, value in series[name])
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(count):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
                for count, value in series[name]]
        count, value = series[name][-1]
        out.append(f'<text x="{x(count) + 10:.1f}" y="{y(value) + 4:.1f}" fill="{colour}">{label}</text>')
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
