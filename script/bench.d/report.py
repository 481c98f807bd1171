"""What the comparison prints: a table a work, and the table of goals."""
import statistics

# Of each measure: key, heading, format. The first that a work's runs have and that it compares is shown with its spread.
COLUMNS = {
    "measure": [("rate", "requests/s", ",.0f"), ("bytes", "MB/s", ",.0f"), ("p50", "p50 ms", ".2f"),
                ("p99", "p99 ms", ".2f"), ("p999", "p99.9 ms", ".2f"), ("cpu", "CPU us", ".1f"),
                ("switches", "switches", ".2f"), ("syscalls", "syscalls", ".2f"), ("memory", "PSS MB", ".1f"),
                ("others", "others %", ".0f")],
    "idle": [("p99_alone", "p99 alone", ".2f"), ("p99", "p99 among", ".2f"), ("memory_alone", "MB alone", ".1f"),
             ("memory", "MB among", ".1f"), ("connection", "bytes each", ",.0f"), ("connections", "number", ",.0f")],
    "replace": [("ms", "ms to answer", ".0f"), ("ms_least", "least", ".0f"), ("ms_most", "most", ".0f"),
                ("replacements", "times", ".0f"), ("requests", "requests", ",.0f"), ("errors", "errors", ".0f"),
                ("p99", "their p99 ms", ".2f")],
    "start": [("ms", "ms to answer", ".1f")],
    "respawn": [("one", "one: ms", ".1f"), ("all", "all: ms", ".1f")],
}
FACTOR = {"bytes": 1e-6}
OTHERS_LIMIT = 5  # percent of the processors; with more of other work the medians tell of that


def values(runs, key):
    """A figure of the runs without errors."""
    return [run[key] for run in runs if run["errors"] == 0 and run.get(key) is not None]


def median(runs, key):
    found = values(runs, key)
    return statistics.median(found) if found else None


def ratio(pair, key):
    """Of the medians, socgi's to the peer's."""
    own, other = median(pair["socgi"], key), median(pair["peer"], key)
    return own / other if own is not None and other else None


def cell(runs, key, form, spread):
    found = [value * FACTOR.get(key, 1) for value in values(runs, key)]
    if not found:
        return "-"
    text = format(statistics.median(found), form)
    return f"{text} ({min(found):{form}} to {max(found):{form}})" if spread and len(found) > 1 else text


def work_print(work, pairs):
    """The pairs of one work, two rows each."""
    columns = [column for column in COLUMNS[work.measure.__name__]
               if any(values(pair[side], column[0]) for pair in pairs for side in ("peer", "socgi"))]
    if work.unit in ("rate", "p99"):
        columns = [column for column in columns if column[0] != "bytes"]
    compared = any(pair["peer"] for pair in pairs)
    rows = [["", *(title for _, title, _ in columns), "ratio" if compared else ""]]
    for pair in pairs:
        for side in ("peer", "socgi") if pair["peer"] else ("socgi",):
            runs = pair[side]
            share = ratio(pair, work.unit) if side == "socgi" else None
            rows.append([pair["name"] if side == "peer" else "socgi",
                         *(cell(runs, key, form, key == work.unit) for key, _, form in columns),
                         f"{share:.2f}" if share is not None else ""])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    print(f"\n{work.title}")
    for row in rows:
        print("  " + "  ".join(text.rjust(width) if at else text.ljust(width)
                               for at, (text, width) in enumerate(zip(row, widths))).rstrip())
    for pair in pairs:
        for side in ("peer", "socgi"):
            for at, run in enumerate(pair[side], 1):
                if run["errors"]:
                    name = pair["name"] if side == "peer" else "socgi"
                    print(f"  {name}, run {at}: {run['errors']} errors, so it is no figure {run.get('said', '')}".rstrip())


def others_print(pairs):
    """How much other work has disturbed the runs."""
    shares = [run["others"] for pair in pairs for side in ("peer", "socgi") for run in pair[side] if "others" in run]
    if shares:
        middle = statistics.median(shares)
        print(f"\nOther work took {middle:.0f}% of the processors during a run ({min(shares):.0f} to {max(shares):.0f})"
              + (": these figures are not to be relied on" if middle > OTHERS_LIMIT else ""))


class Goal:
    """A ratio to be reached: `key` of the runs of `works` against each of `peers` that was measured. With `else_of`,
    (peer, share), that share of another peer stands for one that was not."""

    def __init__(self, work, against, works, peers, key, sign, limit, note="", else_of=None):
        self.work, self.against, self.works, self.peers, self.key = work, against, works, peers, key
        self.sign, self.limit, self.note, self.else_of = sign, limit, note, else_of

    def rows(self, pairs):
        for work in self.works:
            measured = {pair["name"]: pair for pair in pairs if pair["work"] == work}
            found = [(peer, ratio(measured[peer], self.key)) for peer in self.peers if peer in measured]
            if not found and self.else_of and self.else_of[0] in measured:
                reached = ratio(measured[self.else_of[0]], self.key)
                found = [(f"{self.else_of[1]} of {self.else_of[0]}", reached and reached / self.else_of[1])]
            named = len(self.peers) > 1 or (found and found[0][0] not in self.peers)
            for peer, reached in found or [("", None)]:
                yield {"work": self.work if len(self.works) == 1 else f"{self.work} ({work})",
                       "against": f"{self.against}: {peer}" if named and peer else self.against,
                       "goal": f"{self.sign} {self.limit}{self.note}", "ratio": reached,
                       "reached": None if reached is None else
                       reached >= self.limit if self.sign == ">=" else reached <= self.limit}


GOALS = [
    Goal("hello, requests/s", "NGINX Unit", ["hello"], ["unit"], "rate", ">=", 1.8, else_of=("nginx", 0.53)),
    Goal("hello, requests/s", "Apache prefork", ["hello"], ["apache"], "rate", ">=", 2.0),
    Goal("hello, requests/s", "uWSGI, its fastest C route", ["hello"], ["uwsgi"], "rate", ">=", 2.5),
    Goal("hello, requests/s", "nginx return 200", ["hello"], ["nginx"], "rate", ">=", 0.85, ", aim 1.0"),
    Goal("hello, CPU us a request", "nginx return 200", ["hello"], ["nginx"], "cpu", "<=", 1.25),
    Goal("files, requests/s", "nginx", ["static-1k", "static-100k"], ["nginx"], "rate", ">=", 1.0),
    Goal("file of 10 MB, bytes/s", "nginx", ["static-10m"], ["nginx"], "bytes", ">=", 1.1),
    Goal("a connection a request", "nginx", ["cold"], ["nginx"], "rate", ">=", 1.0),
    Goal("mixed, p99 of the fast", "handlers in the event loop", ["mixed"], ["kore", "lwan", "loop"], "p99", "<=", 0.1),
    Goal("mixed, p99 of the fast", "as many processes", ["mixed"], ["unit", "apache", "nginx-fastcgi"], "p99", "<=", 1.0),
    Goal("echo of 64 KB, requests/s", "nginx + FastCGI", ["echo-64k"], ["nginx-fastcgi"], "rate", ">=", 2.0),
]


def goals_reached(pairs):
    return [row for goal in GOALS for row in goal.rows(pairs)]


def goals_print(rows):
    table = [["work", "against", "goal", "reached", ""]]
    for row in rows:
        table.append([row["work"], row["against"], row["goal"],
                      "-" if row["ratio"] is None else f"{row['ratio']:.2f}",
                      {None: "not measured", True: "yes", False: "no"}[row["reached"]]])
    widths = [max(len(line[at]) for line in table) for at in range(5)]
    print("\nGoals: socgi's median to the peer's")
    for line in table:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
