"""The works of the comparison: what is asked of the servers, of which by default, and how it is measured.

A load is what loads.py needs to know: path, connections, length of the right answer's body; post (bytes to send), close
(a connection a request); for a constant rate: rate, slow (path), percent (how many are slow)."""
import os

import loads

MIXED = {"path": "/hello", "connections": 64, "length": 14, "rate": 2000, "percent": 2}
STATIC = {"1k": 1024, "100k": 102400, "10m": 10485760}
HELLO = ["nginx", "apache", "uwsgi", "unit", "nginx-fastcgi", "lighttpd", "apache-cgi", "h2o", "kore", "lwan", "loop"]


def hello(connections, **more):
    return dict({"path": "/hello", "connections": connections, "length": 14}, **more)


class Work:
    """`family` is what a peer's file calls it, `measure` the function of loads.py, `unit` what is compared, `better`
    whether more of it or less is."""

    def __init__(self, title, family, load, peers, measure=loads.measure, unit="rate", runs=None):
        self.title, self.family, self.load, self.peers, self.measure = title, family, load, peers, measure
        self.unit, self.runs = unit, runs
        self.better = "more" if unit in ("rate", "bytes") else "less"
        self.seconds = 2 if load.get("percent") or "idle" in load else 1  # as many times as the option says
        self.by_wrk = measure is loads.measure and "percent" not in load

    def load_for(self, peer):
        """Apache prefork gives a process to each kept connection; with as many processes as there are workers it can be
        compared by a connection a request alone, and socgi beside it then too."""
        return dict(self.load, close=True) if self.family in ("mixed", "spin") and peer == "apache" else self.load

    def check(self, server):
        """Its answers are right, or servers.Failed says how they are not."""
        server.check("/hello", b"Hello, world!\n")
        if self.family in ("mixed", "spin"):
            server.check("/slow?ms=1&how=block", b"slow\n")
        if "post" in self.load:
            body = os.urandom(self.load["post"])
            server.check("/echo", body, body)
        if self.family == "static":
            with open(server.content + self.load["path"], "rb") as file:
                server.check(self.load["path"], file.read())


WORKS = {"hello": Work("hello, 64 connections", "hello", hello(64), HELLO)}
for count in (1, 16, 256, 4096):
    WORKS[f"connections-{count}"] = Work(f"hello, {count} connection{'s' if count > 1 else ''}", "connections",
                                         hello(count), ["nginx"], runs=2)
WORKS["connections-4096"].title += " (socgi's queue_length 16384)"
for name, size in (("1k", 1024), ("64k", 65536)):
    WORKS[f"echo-{name}"] = Work(f"echo of {name.upper()}B by POST, 64 connections", "echo",
                                 {"path": "/echo", "connections": 64, "length": size, "post": size}, ["nginx-fastcgi"])
for name, size in STATIC.items():
    WORKS[f"static-{name}"] = Work(f"a file of {name.upper()}B, {16 if name == '10m' else 64} connections", "static",
                                   {"path": f"/{name}.bin", "connections": 16 if name == "10m" else 64,
                                    "length": size}, ["nginx"], unit="bytes" if name == "10m" else "rate")
WORKS["cold"] = Work("hello, a connection a request, 64 at once", "cold", hello(64, close=True), ["nginx"])
for name, how, slow in (("mixed", "block", "sleep"), ("spin", "spin", "compute")):
    WORKS[name] = Work(f"2,000 requests/s, 2% of them {slow} 20 ms: latency of the others", name,
                       dict(MIXED, slow=f"/slow?ms=20&how={how}"),
                       ["loop", "kore", "unit", "nginx-fastcgi", "apache"] if name == "mixed" else ["loop"], unit="p99")
WORKS["idle"] = Work("10,000 idle connections, hello on 8 beside them", "idle", hello(8, idle=10000), ["nginx"],
                     loads.idle, "connection", runs=1)
WORKS["replace"] = Work("a plugin replaced under 2,000 requests/s of it", "replace",
                        dict(MIXED, path="/swap", slow="/swap", percent=0, replacements=20), ["socgi"], loads.replace,
                        "ms", runs=1)
WORKS["start"] = Work("start to first answer", "start", {}, HELLO, loads.start, "ms")
WORKS["respawn"] = Work("workers killed, until one is replaced, or all and hello is answered", "respawn", {},
                        ["nginx", "apache", "uwsgi", "kore"], loads.respawn, "all", runs=2)
DEFAULT = [name for name in WORKS if name != "spin"]


def works_named(names):
    """The works of a list of names, where "echo" is all that begin with "echo-"; ValueError names what is unknown."""
    found = []
    for name in names:
        fit = [work for work in WORKS if work == name or work.startswith(name + "-")]
        if not fit:
            raise ValueError(f"there is no work {name}; there are: {' '.join(WORKS)}")
        found += [work for work in fit if work not in found]
    return found
