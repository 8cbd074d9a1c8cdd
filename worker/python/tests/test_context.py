import threading
import unittest

from millrace_worker import protocol
from millrace_worker.context import Context, Step


class ContextTest(unittest.TestCase):
    def setUp(self):
        self.step = Step({"limit": "42"}, max_payload=100)

    def context(self, payload=b"p"):
        return Context(self.step, protocol.Origin("cameras/1", {"MQTT": "ByteArray"}), 17, payload)

    def test_has_the_documented_members(self):
        context = self.context()
        self.assertEqual({"limit": "42"}, context.get_config())
        self.assertEqual("cameras/1", context.get_topic())
        self.assertEqual(17, context.get_timestamp())
        self.assertEqual(b"p", context.get_payload())
        self.assertEqual("ByteArray", context.get_selector("MQTT"))
        self.assertIsNone(context.get_selector("other"))

    def test_a_function_cannot_change_the_configuration_of_the_next_message(self):
        self.context().get_config()["limit"] = "0"
        self.assertEqual({"limit": "42"}, self.context().get_config())

    def test_send_takes_bytes_and_text_in_order(self):
        context = self.context()
        buffer = bytearray(b"2")
        for data in (b"1", buffer, memoryview(b"3"), "\u00e4", memoryview(b"abcdef")[::2]):
            context.send(data)
        buffer[:] = b"x"
        self.assertEqual([b"1", b"2", b"3", b"\xc3\xa4", b"ace"], context._close())

    def test_send_refuses_everything_else(self):
        for data in (None, 1, 1.5, {}, [b"a"], object()):
            with self.assertRaises(TypeError):
                self.context().send(data)

    def test_send_refuses_what_is_too_large(self):
        with self.assertRaisesRegex(ValueError, "101 bytes are too many, allowed are 100"):
            self.context().send(b"x" * 101)

    def test_what_comes_late_leaves_with_the_next_message_that_succeeds(self):
        first, second, third = self.context(), self.context(), self.context()
        self.assertEqual([], first._close())
        first.send(b"late")
        second.send(b"dropped")
        second._discard()
        third.send(b"own")
        self.assertEqual([b"late", b"own"], third._close())
        self.assertEqual([], self.context()._close())

    def test_many_threads_lose_nothing(self):
        context = self.context()
        threads = [
            threading.Thread(target=lambda: [context.send(b"x") for _ in range(500)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(4000, len(context._close()))

    def test_the_number_of_sends_is_bounded(self):
        context = self.context()
        for _ in range(protocol.MAX_SENDS):
            context.send(b"")
        with self.assertRaises(ValueError):
            context.send(b"")


class ReaderTest(unittest.TestCase):
    def test_never_reads_beyond_its_frame(self):
        for body in (b"", b"\0\0\0\5abc", b"\xff\xff\xff\xff"):
            with self.assertRaises(protocol.ProtocolError):
                protocol.Reader(body).text()

    def test_notices_what_is_left_over(self):
        reader = protocol.Reader(b"\0\1x")
        reader.u16()
        with self.assertRaises(protocol.ProtocolError):
            reader.end()


if __name__ == "__main__":
    unittest.main()
