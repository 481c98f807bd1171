"""Servers of the comparison: started, checked, looked at in /proc, and stopped with all that they started.

Each runs below a runner of its own, a fork of this program that adopts whatever the server leaves behind
(PR_SET_CHILD_SUBREAPER) and ends all of it when it is told to, or when this program dies.
"""
import ctypes
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "peer.sh")
TICK = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None)


class Failed(Exception):
    """A server that did not start, or answers wrongly; the text says which and how."""


def peer_text(name, what):
    """What peer.sh says of a peer, and whether it succeeded."""
    run = subprocess.run([PEER, name, what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return run.stdout.strip(), run.returncode == 0


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: state, parent, ...; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def below(top):
    """The processes that a process has started, and they, and so on, but itself; without the dead."""
    children = {}
    for entry in os.listdir("/proc"):
        fields = stat_fields(entry) if entry.isdigit() else None
        if fields and fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, at = [], [top]
    while at:
        at = [child for pid in at for child in children.get(pid, [])]
        found += at
    return found


def run_below(command, environment, log):
    """The runner, until the server or it has been told to end."""
    def end(*_):
        raise SystemExit
    try:
        os.setsid()
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGTERM, end)
        main = os.posix_spawn(command[0], command, environment, setsigmask=[], file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2)])
        while os.wait()[0] != main:
            pass
    except SystemExit:
        pass
    # Told again, it goes on with what it does: whatever ends the runner, nothing may stay behind.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    first = below(os.getpid())[:1]
    for pid in first:
        kill(pid, signal.SIGTERM)
    reap(3, lambda: not any(stat_fields(pid) for pid in first))
    for pid in below(os.getpid()):
        kill(pid, signal.SIGKILL)
    reap(5, lambda: False)


def reap(seconds, enough):
    """Waits for children until there are none, or it is enough, or for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not enough():
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)
        except ChildProcessError:
            return


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Server:
    """One server that runs. `work` is what it is started for."""

    def __init__(self, name, work, folder, port, content):
        self.name, self.port, self.content = name, port, content
        self.folder = os.path.join(folder, name)
        self.log = os.path.join(self.folder, "log")
        self.runner = None
        self.environment = dict(os.environ, work=work, content=content)
        self.worker = re.compile(peer_text(name, "worker")[0])
        os.makedirs(self.folder, exist_ok=True)
        prepared = subprocess.run([PEER, name, "prepare", self.folder, str(port)], env=self.environment, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if prepared.returncode:
            raise Failed(f"{name} cannot be prepared:\n{prepared.stdout}")

    def start(self, patience=10):
        """Returns the seconds from when its file gave way to it until its first right answer to hello."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise Failed(f"port {self.port} is in use")
        sys.stdout.flush()
        begun = time.monotonic()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        self.runner = os.fork()
        if self.runner == 0:
            try:
                run_below([PEER, self.name, "serve", self.folder, str(self.port)], self.environment, log)
            finally:
                os._exit(0)
        os.close(log)
        while not self.answers():
            if time.monotonic() > begun + patience or os.waitpid(self.runner, os.WNOHANG)[0]:
                self.stop()
                with open(self.log, encoding="utf-8", errors="replace") as file:
                    raise Failed(f"{self.name} did not start:\n{file.read()[-2000:]}")
            time.sleep(0.0005)
        with open(os.path.join(self.folder, "begun"), encoding="ascii") as file:
            return time.time() - float(file.read())

    def stop(self, at_once=False):
        if self.runner:
            for pid in below(self.runner) if at_once else []:
                kill(pid, signal.SIGKILL)
            kill(self.runner, signal.SIGTERM)
            try:
                os.waitpid(self.runner, 0)
            except ChildProcessError:
                pass
            self.runner = None

    def ask(self, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST" if body is not None else "GET", path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.ask("/hello") == (200, b"Hello, world!\n")
        except (OSError, http.client.HTTPException):
            return False

    def check(self, path, expected, body=None):
        try:
            status, found = self.ask(path, body)
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{self.name}: {path}: {error!r}") from error
        if status != 200 or found != expected:
            raise Failed(f"{self.name}: {path}: {status} with {len(found)} bytes, begins {found[:40]!r}")

    def pids(self):
        return below(self.runner)

    def workers(self):
        """Its processes below its first one that its file calls workers."""
        main = [pid for pid in self.pids() if stat_fields(pid) and int(stat_fields(pid)[1]) == self.runner]
        found = []
        for pid in below(main[0]) if main else []:
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if self.worker.search(file.read().replace(b"\0", b" ").decode(errors="replace")):
                        found.append(pid)
            except OSError:
                pass
        return found

    def usage(self):
        """CPU seconds, those of ended children with them, and context switches, so far."""
        ticks = switches = 0
        for pid in self.pids():
            fields = stat_fields(pid)
            ticks += sum(int(ticked) for ticked in fields[11:15]) if fields else 0
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/status", encoding="ascii", errors="replace") as file:
                        switches += sum(int(n) for n in re.findall(r"ctxt_switches:\t(\d+)", file.read()))
            except OSError:
                pass
        return ticks / TICK, switches

    def memory(self):
        """Proportional set size of all its processes, in bytes."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                    total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1)) * 1024
            except (OSError, AttributeError):
                pass
        return total
