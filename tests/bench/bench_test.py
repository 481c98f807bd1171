"""What script/bench rests on: that its load is open-loop, its servers end with all that they started, a run with errors
is no figure, and goals are judged by the medians.

    build=FOLDER python3 bench_test.py
"""
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../script/bench.d"))
sys.dont_write_bytecode = True

import compare  # noqa: E402
import loads  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
import works  # noqa: E402

LOAD = {"path": "/hello", "connections": 16, "length": 14, "rate": 500, "percent": 10, "slow": "/slow?ms=20"}


@contextlib.contextmanager
def running(name, workers):
    os.environ["workers"] = str(workers)
    with tempfile.TemporaryDirectory() as folder:
        server = servers.Server(name, "mixed", folder, compare.free_port(28080), folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Load(unittest.TestCase):
    def test_every_request_is_answered_and_counted(self):
        for close in (False, True):
            with running("loop", 4) as server:
                found = loads.pace(server, dict(LOAD, close=close), 1)
            self.assertEqual((found["requests"], found["errors"]), (500, 0))
            self.assertGreaterEqual(found["slow_p50"], 20)

    def test_waiting_behind_a_slow_one_is_counted(self):
        # One connection that is held for 20 ms again and again: ten fast ones fall due meanwhile, and wait unsent.
        with running("loop", 1) as server:
            found = loads.pace(server, dict(LOAD, connections=1), 1)
        self.assertEqual(found["errors"], 0)
        self.assertGreater(found["p99"], 10)

    def test_a_wrong_answer_is_an_error(self):
        with running("loop", 1) as server:
            found = loads.pace(server, dict(LOAD, path="/nothing", percent=0), 1)
            self.assertRaises(servers.Failed, server.check, "/nothing", b"Hello, world!\n")
        self.assertEqual(found["errors"], 500)


class Servers(unittest.TestCase):
    def test_nothing_is_left(self):
        with running("loop", 3) as server:
            pids = server.pids()
            self.assertEqual(len(pids), 4)
            self.assertEqual(len(server.workers()), 3)
            self.assertGreater(server.memory(), 0)
        self.assertEqual([pid for pid in pids if os.path.exists(f"/proc/{pid}")], [])

    def test_nothing_is_left_when_the_bench_is_killed(self):
        program = ("import bench_test, os, signal\n"
                   "with bench_test.running('loop', 2) as server:\n"
                   "    print(*server.pids(), flush=True)\n"
                   "    os.kill(os.getpid(), signal.SIGKILL)\n")
        run = subprocess.run([sys.executable, "-c", program], cwd=HERE, stdout=subprocess.PIPE, text=True, check=False)
        pids = run.stdout.split()
        self.assertEqual(len(pids), 3)
        until = time.monotonic() + 10
        while any(servers.stat_fields(pid) and servers.stat_fields(pid)[0] != "Z" for pid in pids):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def test_one_that_does_not_start_says_why(self):
        os.environ["workers"] = "0"
        with tempfile.TemporaryDirectory() as folder:
            server = servers.Server("loop", "mixed", folder, compare.free_port(28080), folder)
            with self.assertRaisesRegex(servers.Failed, "usage"):
                server.start()


def pair(work, name, peer, own):
    return {"work": work, "name": name, "peer": peer, "socgi": own}


def rates(*figures):
    return [{"rate": figure, "errors": 0} for figure in figures]


class Report(unittest.TestCase):
    def test_medians_are_compared(self):
        self.assertEqual(report.ratio(pair("hello", "nginx", rates(100, 1, 110), rates(50, 900, 55)), "rate"), 0.55)

    def test_a_run_with_errors_is_no_figure(self):
        one = pair("hello", "nginx", rates(100, 100), rates(50) + [{"rate": 1000, "errors": 2}])
        self.assertEqual(report.ratio(one, "rate"), 0.5)
        one["socgi"] = [{"errors": 7}]
        self.assertIsNone(report.ratio(one, "rate"))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            report.work_print(works.WORKS["hello"], [one])
        self.assertIn("socgi, run 1: 7 errors", printed.getvalue())

    def test_a_disturbed_machine_is_named(self):
        for share, named in ((30, True), (1, False)):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                report.others_print([pair("hello", "nginx", [{"errors": 0, "others": share}], [])])
            self.assertEqual("not to be relied on" in printed.getvalue(), named)

    def test_goals(self):
        rows = report.goals_reached([pair("hello", "nginx", rates(100), rates(100)),
                                     pair("hello", "apache", rates(100), rates(150))])
        reached = {row["against"]: (row["ratio"], row["reached"]) for row in rows if row["work"] == "hello, requests/s"}
        self.assertEqual(reached["nginx return 200"], (1, True))
        self.assertEqual(reached["Apache prefork"], (1.5, False))
        self.assertEqual(reached["uWSGI, its fastest C route"], (None, None))
        self.assertEqual(reached["NGINX Unit: 0.53 of nginx"], (1 / 0.53, True))

    def test_works_by_family(self):
        self.assertEqual(works.works_named(["echo", "hello"]), ["echo-1k", "echo-64k", "hello"])
        self.assertRaises(ValueError, works.works_named, ["nothing"])


if __name__ == "__main__":
    unittest.main()
