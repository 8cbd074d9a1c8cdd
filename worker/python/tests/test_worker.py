"""A real worker process, spoken to as the server does."""

import os
import struct
import subprocess
import sys
import unittest

from millrace_worker import protocol

from .fake_server import MAIN, ROOT, FakeServer

ECHO = "def main(ctx, msg):\n    ctx.send(msg)\n"


class WorkerTest(unittest.TestCase):
    def start(self, code, **more):
        server = FakeServer(code, **more)
        self.addCleanup(server.__exit__)
        return server

    def ready(self, code, **more):
        server = self.start(code, **more)
        kind, reader = server.start()
        self.assertEqual(protocol.READY, kind)
        return server

    def test_introduces_itself_with_token_and_version(self):
        server = self.start(ECHO)
        version, token, language, language_version = server.hello()
        self.assertEqual((1, "secret", "python"), (version, token, language))
        self.assertEqual("%d.%d.%d" % sys.version_info[:3], language_version)

    def test_answers_each_message_in_order(self):
        server = self.ready(ECHO)
        self.assertEqual([[b"a"], [b""], [b"c"]], server.call(b"a", b"", b"c"))
        self.assertEqual(1, server.starts)
        self.assertEqual([[b"d"]], server.call(b"d"))
        self.assertEqual(0, server.drain())

    def test_runs_as_a_module_too(self):
        server = self.ready(
            ECHO,
            command=[sys.executable, "-u", "-m", "millrace_worker"],
            env={"PYTHONPATH": ROOT},
        )
        self.assertEqual([[b"a"]], server.call(b"a"))

    def test_writes_the_first_lines_in_the_documented_order(self):
        code = "import logging\nlogging.info('top level')\n" + ECHO
        server = self.ready(code, args={"limit": "42"})
        lines = server.lines()
        stamp = r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} root INFO\] "
        expected = ["Subscribe to input", "Publish to out", "Load function from: .*function.py"]
        expected += ["top level", r"Load config: \{'limit': '42'\}"]
        self.assertEqual(len(expected), len(lines), lines)
        for pattern, line in zip(expected, lines):
            self.assertRegex(line, stamp + pattern + "$")

    def test_says_why_a_module_does_not_load(self):
        for code, reason in (
            ("import not_there_at_all\n", "No module named 'not_there_at_all'"),
            ("x = 1\n", "does not define main"),
            ("main = 1\n", "cannot be called"),
            ("def main(ctx\n", "SyntaxError"),
        ):
            with self.subTest(code):
                server = self.start(code)
                kind, reader = server.start()
                self.assertEqual(protocol.START_FAILED, kind)
                text = reader.text()
                self.assertIn(reason, text)
                self.assertNotIn("runner.py", text)
                self.assertEqual(1, server.process.wait(30))

    def test_fails_a_message_and_drops_what_it_sent(self):
        server = self.ready(
            "def main(ctx, msg):\n    ctx.send(msg)\n    if msg == b'bad': raise ValueError('no')\n"
        )
        self.assertEqual([[b"a"], "ValueError: no", [b"b"]], server.call(b"a", b"bad", b"b"))
        self.assertTrue(any("raise ValueError('no')" in line for line in server.lines()))

    def test_survives_odd_exceptions(self):
        server = self.ready(
            "import asyncio\n"
            "class Odd(Exception):\n"
            "    def __str__(self): raise KeyError('x')\n"
            "def main(ctx, msg):\n"
            "    if msg == b'1': raise Odd()\n"
            "    if msg == b'2': raise asyncio.CancelledError()\n"
            "    if msg == b'3': main(ctx, msg)\n"
        )
        odd, cancelled, recursion, fine = server.call(b"1", b"2", b"3", b"4")
        self.assertTrue(odd.startswith("Odd: "))
        self.assertEqual("CancelledError", cancelled)
        self.assertTrue(recursion.startswith("RecursionError"))
        self.assertEqual([], fine)

    def test_sys_exit_closes_the_connection_and_keeps_its_code(self):
        server = self.ready(
            "import sys, threading\n"
            "threading.Thread(target=threading.Event().wait, args=(1,)).start()\n"
            "def main(ctx, msg):\n    sys.exit(7)\n"
        )
        with self.assertRaises((EOFError, ConnectionError)):
            server.call(b"a")
        self.assertEqual(7, server.process.wait(30))

    def test_ends_with_its_server_even_in_the_middle_of_a_call(self):
        server = self.ready("import time\ndef main(ctx, msg):\n    time.sleep(600)\n")
        server.socket.settimeout(0.3)
        with self.assertRaises(OSError):
            server.call(b"a")
        server.socket.close()
        self.assertEqual(0, server.process.wait(10))

    def test_prefers_the_batch_entry_point_unless_told_not_to(self):
        server = self.ready(
            "def main(ctx, msg):\n    ctx.send(b'one')\n"
            "def main_batch(contexts, messages):\n"
            "    if b'bad' in messages: raise ValueError('batch')\n"
            "    for c in contexts: c.send(str(len(messages)))\n"
        )
        self.assertEqual([[b"2"], [b"2"]], server.call(b"a", b"b"))
        self.assertEqual([[b"one"], [b"one"]], server.call(b"a", b"b", flags=protocol.SINGLY))
        self.assertEqual([[b"one"], [b"one"]], server.call(b"bad", b"b"))
        self.assertEqual(2, server.starts)

    def test_a_function_named_like_a_module_hides_nothing(self):
        server = self.ready(
            "import json\ndef main(ctx, msg):\n    ctx.send(json.dumps(1))\n", file="json.py"
        )
        self.assertEqual([[b"1"]], server.call(b"a"))

    def test_refuses_frames_that_are_too_long(self):
        server = self.ready(ECHO)
        server.socket.sendall(struct.pack(">IB", protocol.MAX_FRAME + 1, protocol.CALL))
        self.assertEqual(70, server.process.wait(30))

    def test_refuses_calls_that_end_too_early(self):
        server = self.ready(ECHO)
        server.socket.sendall(protocol.frame(protocol.CALL, b"\0" * 12))
        self.assertNotEqual(0, server.process.wait(30))

    def test_keeps_its_secrets_from_the_function(self):
        server = self.ready(
            "import os\nleft = [n for n in os.environ if n.startswith('MILLRACE')]\n"
            "def main(ctx, msg):\n    ctx.send(repr(left))\n",
            env={"MILLRACE_LIMIT_CORE": "0"},
        )
        self.assertEqual([[b"[]"]], server.call(b"a"))

    def test_is_not_for_use_by_hand(self):
        done = subprocess.run(
            [sys.executable, MAIN], env={"PATH": os.environ.get("PATH", "")}, capture_output=True
        )
        self.assertEqual(64, done.returncode)
        self.assertIn(b"not by hand", done.stderr)


if __name__ == "__main__":
    unittest.main()
