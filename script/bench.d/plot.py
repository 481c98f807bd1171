"""Charts of the comparison as SVG: throughput.svg and latency.svg."""
import html
import math
import os

import report
import works

LEFT, WIDTH, RIGHT, ROW = 210, 560, 140, 18
COLOURS = {"peer": "#8a9ba8", "socgi": "#c8553d"}
SHARES = [("p50", 4), ("p99", 6), ("p999", 8)]


def text(x, y, words, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{html.escape(words)}</text>'


def chart(title, rows, facts):
    """`rows` are functions of a y that return what is drawn there."""
    height = 60 + sum(height for height, _ in rows) + 10
    drawn, y = [text(10, 22, title, size=16), text(10, 40, facts, size=10)], 60
    for row_height, draw in rows:
        drawn += draw(y)
        y += row_height
    width = LEFT + WIDTH + RIGHT
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(drawn) + "\n</svg>\n")


def label(pair):
    return f"{pair['work']}, {pair['name']}"


def bars(pair, key):
    """Peer and socgi under each other, the longer of them as wide as the chart."""
    medians = {side: report.median(pair[side], key) for side in COLOURS}
    most = max(medians.values())

    def draw(y):
        drawn = [text(LEFT - 8, y + 16, label(pair), "end", 11)]
        for at, side in enumerate(COLOURS):
            width, middle = medians[side] / most * WIDTH, y + at * 13
            shown = medians[side] * report.FACTOR.get(key, 1)
            unit = "MB/s" if key == "bytes" else "/s"
            share = f" ({medians['socgi'] / medians['peer']:.2f})" if side == "socgi" else ""
            drawn.append(f'<rect x="{LEFT}" y="{middle}" width="{width:.1f}" height="12" fill="{COLOURS[side]}"/>')
            drawn.append(text(LEFT + width + 4, middle + 10, f"{shown:,.0f} {unit}{share}", size=10))
        return drawn
    return 36, draw


def axis(least, most):
    def place(ms):
        return LEFT + math.log10(max(ms, least) / least) / math.log10(most / least) * WIDTH

    def draw(y):
        drawn, ms = [], least
        while ms <= most * 1.001:
            drawn.append(f'<line x1="{place(ms):.1f}" x2="{place(ms):.1f}" y1="{y + 6}" y2="{y + 12}" stroke="black"/>')
            drawn.append(text(place(ms), y, f"{ms:g} ms", "middle", 10))
            ms *= 10
        return drawn
    return place, (20, draw)


def dots(pair, place):
    """p50, p99 and p99.9 of peer and socgi, joined, larger to the right."""
    def draw(y):
        drawn = [text(LEFT - 8, y + 14, label(pair), "end", 11)]
        for at, side in enumerate(COLOURS):
            middle = y + 5 + at * 11
            places = [(place(report.median(pair[side], key)), radius) for key, radius in SHARES]
            drawn.append(f'<line x1="{places[0][0]:.1f}" x2="{places[-1][0]:.1f}" y1="{middle}" y2="{middle}" '
                         f'stroke="{COLOURS[side]}"/>')
            drawn += [f'<circle cx="{x:.1f}" cy="{middle}" r="{radius / 2}" fill="{COLOURS[side]}"/>'
                      for x, radius in places]
        return drawn
    return 2 * ROW, draw


def plot(folder, pairs, facts):
    os.makedirs(folder, exist_ok=True)
    known = f"{facts['processors']} x {facts['model']}, Linux {facts['kernel']}, {facts['begun']}; socgi is red"
    rate = [(pair, works.WORKS[pair["work"]].unit) for pair in pairs
            if works.WORKS[pair["work"]].better == "more" and report.ratio(pair, works.WORKS[pair["work"]].unit)]
    timed = [pair for pair in pairs if report.ratio(pair, "p50") and report.ratio(pair, "p999")]
    found = [report.median(pair[side], key) for pair in timed for side in COLOURS for key, _ in SHARES]
    charts = {"throughput.svg": chart("Throughput", [bars(*one) for one in rate], known)}
    if found:
        least, most = (10.0 ** rounded for rounded in (math.floor(math.log10(max(min(found), 0.001))),
                                                      math.ceil(math.log10(max(found)))))
        place, scale = axis(least, max(most, least * 10))
        charts["latency.svg"] = chart("Latency: p50, p99, p99.9", [scale] + [dots(pair, place) for pair in timed], known)
    for name, drawn in charts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(drawn)
