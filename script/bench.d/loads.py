"""Loads on a server, and what they measure. Each returns a dictionary of plain numbers; "errors" above 0 means that the
rest of it is no figure."""
import json
import os
import resource
import shutil
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ["build"]
PACE = os.path.join(BUILD, "tests/bench/bench_pace")


def wrk_command(server, load, seconds):
    threads = min(2, load["connections"])
    return ["wrk", "-t", str(threads), "-c", str(load["connections"]), "-d", str(seconds), "--latency", "-s",
            os.path.join(HERE, "report.lua"), f"http://127.0.0.1:{server.port}{load['path']}", "--",
            str(load.get("post", 0)), "1" if load.get("close") else "0"]


def wrk(server, load, seconds, before=()):
    """wrk as fast as the server is. `before` is put before its command line."""
    run = subprocess.run([*before, *wrk_command(server, load, seconds)], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    line = next((line for line in run.stdout.splitlines() if line.startswith("result ")), None)
    if not line:
        return {"errors": 1, "said": run.stdout[-500:]}
    requests, us, size, p50, p99, p999, errors = (int(word) for word in line.split()[1:])
    if requests == 0 or size < requests * load["length"]:  # answers that are too short were not right
        errors = max(errors, 1)
    return {"requests": requests, "rate": requests / us * 1e6, "bytes": size / us * 1e6, "p50": p50 / 1e3,
            "p99": p99 / 1e3, "p999": p999 / 1e3, "errors": errors}


def pace(server, load, seconds):
    """Requests at a constant rate, a share of them slow; the latencies are those of the fast ones."""
    run = subprocess.run([PACE, str(server.port), str(load["rate"]), str(seconds), str(load["connections"]),
                          load["path"], load["slow"], str(load["percent"]), *(["close"] if load.get("close") else [])],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode:
        return {"errors": 1, "said": run.stdout}
    found = json.loads(run.stdout)
    fast = found["fast"]
    return {"requests": found["requests"], "rate": load["rate"], "p50": fast["p50"] / 1e3, "p99": fast["p99"] / 1e3,
            "p999": fast["p999"] / 1e3, "slow_p50": found["slow"]["p50"] / 1e3,
            "errors": found["errors"] + found["unfinished"]}


def busy():
    """Seconds that all processors together have worked so far, the hypervisor's other guests (steal) with them."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = (int(word) for word in file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def own():
    """Seconds of this program and of the loads that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measure(server, load, seconds):
    """A load, what it has cost the server, and which share of the processors went to neither: to others, who disturb."""
    begun, worked, mine = time.monotonic(), busy(), own()
    cpu, switches = server.usage()
    found = (pace if "percent" in load else wrk)(server, load, seconds)
    cpu_after, switches_after = server.usage()
    if found["errors"] == 0:
        found["cpu"] = (cpu_after - cpu) * 1e6 / found["requests"]
        found["switches"] = max(0, switches_after - switches) / found["requests"]
    others = busy() - worked - (own() - mine) - (cpu_after - cpu)
    found["others"] = max(0, others / (time.monotonic() - begun) / os.cpu_count() * 100)
    found["memory"] = server.memory() / 1e6
    return found


def warm(server, work, load):
    """A short load of the same kind, which is no figure. Hello's is used to count the system calls a request, since perf
    slows what it counts; None where perf is not on the machine, or may not count."""
    if work.family == "hello" and shutil.which("perf"):
        return syscalls(server, load)
    if work.by_wrk or "percent" in load:
        with subprocess.Popen(wrk_command(server, load, 10), stdout=subprocess.DEVNULL) as run:
            try:
                time.sleep(0.3)
            finally:
                run.terminate()
    return None


def syscalls(server, load):
    output = os.path.join(server.folder, "perf")
    found = wrk(server, load, 1, ["perf", "stat", "-x", ",", "-o", output, "-e", "raw_syscalls:sys_enter", "-p",
                                  ",".join(str(pid) for pid in server.pids()), "--"])
    try:
        with open(output, encoding="ascii") as file:
            count = next(int(line.split(",")[0]) for line in file if "raw_syscalls" in line)
    except (OSError, ValueError, StopIteration):
        return None
    return count / found["requests"] if found["errors"] == 0 else None


def idle(server, load, seconds):
    """Hello's p99 and the server's memory, without and with many connections that have asked once and wait."""
    alone = wrk(server, load, seconds)
    memory = server.memory()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(load["idle"], files - 200)
    held, errors = [], 0
    try:
        for _ in range(count):
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            held[-1].sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
            errors += not held[-1].recv(4096).startswith(b"HTTP/1.1 200 ")
    except OSError:
        errors += 1
    among = wrk(server, load, seconds)
    memory_among = server.memory()
    for one in held:
        one.close()
    if errors or alone["errors"] or among["errors"]:
        return {"errors": errors + alone["errors"] + among["errors"]}
    return {"errors": 0, "connections": count, "p99_alone": alone["p99"], "p99": among["p99"],
            "memory_alone": memory / 1e6, "memory": memory_among / 1e6, "connection": (memory_among - memory) / count}


SWAP = """#include <socgi/plugin.h>
static int swap(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    return socgi_printf(res, "%d") ? 500 : 200;
}
SOCGI_PLUGIN(.name = "swap", .handle = swap)
"""


def replace(server, load, _seconds):
    """Milliseconds from the renaming of a plugin's new version into the folder to its first answer, and the errors that
    a load on that plugin has seen meanwhile."""
    plugins, versions, times = os.path.join(server.folder, "plugins"), [], []
    for number in range(2):
        source, version = (os.path.join(server.folder, f"swap{number}{end}") for end in (".c", ".so"))
        with open(source, "w", encoding="ascii") as file:
            file.write(SWAP % number)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-I", os.path.join(HERE, "../../include"), source, "-o",
                        version], check=True)
        versions.append(version)

    def swap(number):
        shutil.copy(versions[number], os.path.join(plugins, ".new"))
        begun = time.monotonic()
        os.rename(os.path.join(plugins, ".new"), os.path.join(plugins, "swap.so"))
        while server.ask("/swap") != (200, b"%d" % number) and time.monotonic() < begun + 10:
            pass
        return (time.monotonic() - begun) * 1e3

    swap(0)
    loaded = {}
    seconds = 1 + load["replacements"] // 20
    thread = threading.Thread(target=lambda: loaded.update(pace(server, load, seconds)))
    thread.start()
    while thread.is_alive() and len(times) < load["replacements"]:
        times.append(swap((len(times) + 1) % 2))
    thread.join()
    times.sort()
    return {"errors": loaded["errors"], "replacements": len(times), "requests": loaded.get("requests", 0),
            "ms": times[len(times) // 2], "ms_least": times[0], "ms_most": times[-1], "p99": loaded.get("p99", 0)}


def respawn(server, _load, _seconds):
    """Milliseconds from kill -9 of a worker until another is in its place, and from that of all until hello is
    answered."""
    import servers  # the one thing that it needs of there
    found = {"errors": 0}
    before = server.workers()
    if not before:
        return {"errors": 1, "said": "it has no worker"}
    begun = time.monotonic()
    servers.kill(before[0], 9)
    while len(set(server.workers()) - {before[0]}) < len(before):
        if time.monotonic() > begun + 5:
            return {"errors": 1}
    found["one"] = (time.monotonic() - begun) * 1e3
    time.sleep(0.2)  # the new one is ready too
    begun = time.monotonic()
    for pid in server.workers():
        servers.kill(pid, 9)
    while not server.answers():
        if time.monotonic() > begun + 10:
            return {"errors": 1}
        time.sleep(0.0002)
    found["all"] = (time.monotonic() - begun) * 1e3
    return found


def start(server, _load, _seconds):
    """Milliseconds from its start to its first right answer."""
    server.stop(at_once=True)
    return {"errors": 0, "ms": server.start() * 1e3}
