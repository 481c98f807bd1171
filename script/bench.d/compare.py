"""Measures socgi beside its peers, a pair after the other and in each pair in turns: peer, socgi, peer, socgi. Started by
script/bench, which has built what is needed; see there."""
import argparse
import http.client
import json
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import plot
import report
import servers
import works

ROOT = os.path.join(servers.HERE, "../..")
PEERS = [name for name in sorted(os.listdir(servers.HERE)) if "." not in name and name not in ("socgi", "__pycache__")]
PACKAGES = ["nginx-light", "apache2-bin", "lighttpd", "uwsgi-core", "h2o", "kore", "wrk"]


def options_read():
    parser = argparse.ArgumentParser(prog="script/bench", add_help=False)
    parser.add_argument("--peers", type=str.split)
    parser.add_argument("--works", type=str.split)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--json")
    parser.add_argument("--plot")
    options = parser.parse_args()
    if options.seconds < 1 or (options.runs is not None and options.runs < 1):
        parser.error("--runs and --seconds are numbers from 1 on")
    for peer in options.peers or []:
        if peer not in PEERS:
            parser.error(f"there is no peer {peer}; there are: {' '.join(PEERS)}")
    try:
        options.works = works.works_named(options.works) if options.works else works.DEFAULT
    except ValueError as error:
        parser.error(str(error))
    return options


def line_of(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else ""


def machine():
    """Facts without which no figure can be compared with another."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "unknown CPU")
    versions = [line_of(["dpkg-query", "-W", "-f", "${Package} ${Version}", package]) for package in PACKAGES]
    return {"processors": os.cpu_count(), "model": model, "kernel": platform.release(),
            "socgi": line_of(["git", "-C", ROOT, "describe", "--always", "--dirty"]) or "unknown",
            "versions": [version for version in versions if version], "begun": time.strftime("%F %T"),
            "load": round(os.getloadavg()[0], 2)}


def free_port(first):
    for port in range(first, first + 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise servers.Failed(f"no port is free from {first} on")


def content_make(folder):
    """The files that are served, the same for all."""
    os.mkdir(folder)
    with open(os.path.join(folder, "hello"), "w", encoding="ascii") as file:
        file.write("Hello, world!\n")
    for name, size in works.STATIC.items():
        with open(os.path.join(folder, f"{name}.bin"), "wb") as file:
            file.write(os.urandom(size))
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)


def pair_run(name, peer, options, content, folder):
    """One work of a peer and of socgi in turns."""
    work, running = works.WORKS[name], []
    load, runs = work.load_for(peer), options.runs or work.runs or 3
    if work.family == "idle":
        runs = 1  # what is freed is kept: only a server just started shows what connections cost
    pair = {"work": name, "name": peer, "peer": [], "socgi": []}
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    try:
        for side in ("peer", "socgi") if peer != "socgi" else ("socgi",):
            server = servers.Server(peer if side == "peer" else "socgi", name, folder, free_port(18080), content)
            running.append((side, server))
            server.start()
            work.check(server)
        counted = {side: works.loads.warm(server, work, load) for side, server in running}
        for _ in range(runs):
            for side, server in running:
                found = work.measure(server, load, options.seconds * work.seconds)
                pair[side].append(dict(found, syscalls=counted[side]) if counted[side] else found)
    finally:
        for _, server in running:
            server.stop(at_once=work.family == "start")
        shutil.rmtree(folder, ignore_errors=True)
    return pair


def peers_of(name, options, absent):
    """Who is measured at a work; `absent` notes who cannot be, and why."""
    found = []
    for peer in (options.peers or works.WORKS[name].peers) if name != "replace" else ["socgi"]:
        if works.WORKS[name].family not in servers.peer_text(peer, "works")[0].split():
            continue
        said, here = servers.peer_text(peer, "found")
        if here:
            found.append(peer)
        else:
            absent[peer] = said
    return found


def compare(options, facts, folder):
    content, pairs, absent = os.path.join(folder, "content"), [], {}
    content_make(content)
    begun = time.monotonic()
    for name in options.works:
        of_work = []
        for peer in peers_of(name, options, absent):
            print(f"[{time.monotonic() - begun:3.0f} s] {name}: {peer}", file=sys.stderr)
            try:
                of_work.append(pair_run(name, peer, options, content, os.path.join(folder, f"{name}.{peer}")))
            except servers.Failed as failure:
                absent[f"{peer} at {name}"] = str(failure)
            except (OSError, http.client.HTTPException, subprocess.SubprocessError) as failure:  # it broke off midway
                absent[f"{peer} at {name}"] = repr(failure)
        if of_work:
            report.work_print(works.WORKS[name], of_work)
            sys.stdout.flush()
        pairs += of_work
    goals = report.goals_reached(pairs)
    report.goals_print(goals)
    report.others_print(pairs)
    for peer, reason in absent.items():
        print(f"\nLeft out, {peer}: {reason}")
    print(f"\n{time.monotonic() - begun:.0f} s in all")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": facts, "pairs": pairs, "goals": goals, "left_out": absent}, file, indent=1)
    if options.plot:
        plot.plot(options.plot, pairs, facts)


def main():
    options = options_read()
    soft_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft_limit, soft_limit))
    facts = machine()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    print(f"{facts['processors']} processors, {facts['model']}, Linux {facts['kernel']}, load {facts['load']} before; "
          f"socgi {facts['socgi']}, {', '.join(facts['versions'])}; 4 workers each; {facts['begun']}")
    print("Medians, (least to most) of the runs; CPU, switches and syscalls are the server's, for each request; "
          "others: processors taken by other work")
    folder = tempfile.mkdtemp(prefix="socgi-bench.")
    os.chmod(folder, 0o755)
    try:
        compare(options, facts, folder)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
