#!/usr/bin/env python3
"""The checks can fail: what they look for is made by hand, and found."""
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import circles  # noqa: E402
import includes  # noqa: E402


def run(check, *args):
    """What the check prints, and whether it fails."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = check(*args)
    return out.getvalue() + (status if isinstance(status, str) else ""), bool(status)


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = folder.name
        self.build = os.path.join(folder.name, "build")
        self.commands = []

    def write(self, path, text):
        path = os.path.join(self.source, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def compile(self, path, text, target=None):
        """As CMake does it: an object in the folder of its target, and a line of how it was made."""
        source = self.write(path, text)
        top, folder, name = path.split("/")
        target = target or f"{top}/CMakeFiles/socgi_{folder}.dir/{folder}"
        output = f"{target}/{name}.o"
        os.makedirs(os.path.join(self.build, target), exist_ok=True)
        command = ["cc", "-c", "-o", output, source]
        subprocess.run(command, cwd=self.build, check=True)
        self.commands.append({"directory": self.build, "command": " ".join(command), "file": source})

    def circles(self, least=1):
        self.write("build/compile_commands.json", json.dumps(self.commands))
        return run(circles.main, self.build, least)


class Files(Tree):
    def test_two_files_that_call_one_another(self):
        self.compile("core/base/a.c", "void b(void); void b2(void); void a(void) { b(); b2(); }")
        self.compile("core/base/b.c", "void a(void); void b(void) { a(); } void b2(void) {}")
        text, failed = self.circles()
        self.assertTrue(failed)
        self.assertIn("2 files of base need one another in a circle: a.c b.c", text)
        self.assertIn("base/a.c needs of base/b.c: b b2\n", text)
        self.assertIn("base/b.c needs of base/a.c: a\n", text)

    def test_three_files_by_a_table_a_variable_and_a_weak_function(self):
        self.compile("core/base/a.c", "extern int (*const b[])(void); int a(void) { return b[0](); }")
        self.compile("core/base/b.c", "extern int c; static int f(void) { return c; } int (*const b[])(void) = {f};")
        self.compile("core/base/c.c", "__attribute__((weak)) int a(void); int c; int d(void) { return a ? a() : 0; }")
        self.compile("core/base/d.c", "int d(void); int e(void) { return d(); }")
        text, failed = self.circles()
        self.assertTrue(failed)
        self.assertIn("3 files of base need one another in a circle: a.c b.c c.c", text)
        self.assertNotIn("d.c", text)

    def test_a_function_that_is_given_ties_nobody(self):
        self.compile("core/base/a.c", "void b(void (*)(void)); static void f(void) {} void a(void) { b(f); }")
        self.compile("core/base/b.c", "static void f(void) {} void b(void (*given)(void)) { given(); f(); }")
        self.assertEqual(self.circles()[1], False)

    def test_names_that_two_programs_have(self):
        self.compile("core/worker/a.c", "void b(void); void a(void) { b(); }")
        self.compile("core/worker/b.c", "void b(void) {}")
        self.compile("core/testing/a.c", "void a(void); void b(void) { a(); }")
        self.assertEqual(self.circles()[1], False)

    def test_a_circle_in_a_plugin(self):
        self.compile("plugins/hello/a.c", "void b(void); void a(void) { b(); }", "plugins/hello/CMakeFiles/hello.dir")
        self.compile("plugins/hello/b.c", "void a(void); void b(void) { a(); }", "plugins/hello/CMakeFiles/core.dir")
        text, failed = self.circles(0)
        self.assertTrue(failed)
        self.assertIn("2 files of plugins/hello need one another in a circle: a.c b.c", text)

    def test_what_is_not_built_any_more_is_passed_over(self):
        self.compile("core/base/a.c", "void b(void); void a(void) { b(); }")
        self.compile("core/base/b.c", "void a(void); void b(void) { a(); }")
        self.commands.pop()
        self.assertEqual(self.circles()[1], False)

    def test_a_file_that_is_not_built(self):
        self.compile("core/base/a.c", "void a(void) {}")
        os.remove(os.path.join(self.build, "core/CMakeFiles/socgi_base.dir/base/a.c.o"))
        with self.assertRaisesRegex(SystemExit, "FAILED: not built: .*/a.c.o"):
            self.circles()

    def test_too_few_files(self):
        self.compile("core/base/a.c", "void a(void) {}")
        text, failed = self.circles(circles.LEAST)
        self.assertTrue(failed)
        self.assertIn("found 1 objects", text)


class Layers(Tree):
    def test_layers_that_need_one_another(self):
        self.compile("core/wire/a.c", "void b(void); void a(void) { b(); }")
        self.compile("core/config/b.c", "void c(void); void b(void) { c(); }")
        self.compile("core/wire/c.c", "void c(void) {}")
        text, failed = self.circles()
        self.assertTrue(failed)
        self.assertIn("2 layers need one another in a circle: config wire", text)
        self.assertIn("config/b.c needs of wire/c.c: c\n", text)
        self.assertIn("wire needs config, which lies above it\n    wire/a.c needs of config/b.c: b\n", text)

    def test_downwards(self):
        self.compile("core/http/a.c", "void b(void); void a(void) { b(); }")
        self.compile("core/base/b.c", "void b(void) {}")
        self.assertEqual(self.circles()[1], False)

    def test_upwards(self):
        self.compile("core/base/a.c", "void b(void); void a(void) { b(); }")
        self.compile("core/http/b.c", "void b(void) {}")
        text, failed = self.circles()
        self.assertTrue(failed)
        self.assertIn("base needs http, which lies above it\n    base/a.c needs of http/b.c: b\n", text)

    def test_strangers(self):
        for here, there in (("pool", "client"), ("worker", "config"), ("testing", "master"), ("inside", "worker")):
            with self.subTest(here=here, there=there):
                self.commands.clear()
                self.compile(f"core/{here}/a.c", "void b(void); void a(void) { b(); }")
                self.compile(f"core/{there}/b.c", "void b(void) {}")
                text, failed = self.circles()
                self.assertTrue(failed)
                self.assertIn(f"{here} needs {there}, of which it must know nothing", text)

    def test_a_layer_that_is_not_in_the_list(self):
        self.compile("core/attic/a.c", "void a(void) {}")
        text, failed = self.circles()
        self.assertTrue(failed)
        self.assertIn("attic has no place in the list of layers", text)


class Includes(Tree):
    def headers(self, *names):
        return "".join(f'#include "{name}"\n' for name in names) + "#include <stdio.h>\n"

    def check(self, least=1):
        return run(includes.main, self.source, least)

    def test_a_file_of_too_many(self):
        names = [f"base/{n}.h" for n in range(includes.MOST)]
        self.write("core/base/a.c", self.headers(*names))
        self.assertEqual(self.check()[1], False)
        self.write("core/base/b.h", self.headers(*names, "base/more.h"))
        text, failed = self.check()
        self.assertTrue(failed)
        self.assertIn("base/b.h includes 15 headers of ours, 14 at most", text)

    def test_a_header_of_everybody(self):
        for n in range(9):
            self.write(f"core/wire/{n}.{'ch'[n % 2]}", self.headers(*["wire/own.h", "base/all.h"][: 2 if n < 6 else 1]))
        self.assertEqual(self.check()[1], False)
        self.write("core/wire/8.c", self.headers("base/all.h"))
        text, failed = self.check()
        self.assertTrue(failed)
        self.assertIn("base/all.h is included by 7 of 9 files of wire, two thirds at most", text)
        self.assertNotIn("own.h", text)

    def test_a_small_folder(self):
        for n in range(includes.SMALL - 1):
            self.write(f"core/wire/{n}.c", self.headers("base/all.h"))
        self.assertEqual(self.check()[1], False)

    def test_too_few_files(self):
        self.write("core/base/a.c", "")
        text, failed = self.check(includes.LEAST)
        self.assertTrue(failed)
        self.assertIn("found 1 files", text)


if __name__ == "__main__":
    unittest.main()
