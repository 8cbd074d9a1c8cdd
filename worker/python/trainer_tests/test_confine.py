"""What a process cannot do any more once it is confined; each in a process of its own."""

import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FRAME = """
import errno, os, sys
sys.path.insert(0, %r)
from millrace_trainer import confine
applied, missing = confine.confine([%r], [], {"file": 1 << 20, "processes": 64}, "required")
assert applied[0].startswith("Landlock") and applied[1] == "seccomp" and not missing, applied

def refused(action, *numbers):
    try:
        action()
    except OSError as error:
        assert error.errno in numbers, error
        return
    raise AssertionError("it was not refused")
"""


class ConfineTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = os.path.join(self._folder.name, "own")
        os.mkdir(self.folder)

    def confined(self, code):
        text = FRAME % (ROOT, self.folder) + textwrap.dedent(code)
        done = subprocess.run(
            [sys.executable, "-I", "-c", text],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_writes_to_its_own_folder_only(self):
        outside = os.path.join(self._folder.name, "outside")
        with open(outside, "w") as file:
            file.write("secret")
        self.confined(
            """
            own = %r
            open(own + "/file", "w").write("x")
            os.mkdir(own + "/folder")
            os.rename(own + "/file", own + "/folder/file")
            open("/dev/null", "w").write("x")
            assert os.urandom(4) and open("/dev/urandom", "rb").read(1)
            refused(lambda: open(%r), errno.EACCES)
            refused(lambda: open(%r, "a"), errno.EACCES)
            refused(lambda: os.truncate(%r, 0), errno.EACCES)
            refused(lambda: os.remove(%r), errno.EACCES)
            refused(lambda: os.link(own + "/folder/file", %r + "2"), errno.EACCES, errno.EXDEV)
            refused(lambda: open("/tmp/millrace-confined", "w"), errno.EACCES)
            refused(lambda: os.mkdir(os.path.expanduser("~/millrace-confined")), errno.EACCES)
            refused(lambda: os.listdir(os.path.expanduser("~root")), errno.EACCES)
            """
            % ((self.folder,) + (outside,) * 5)
        )
        with open(outside) as file:
            self.assertEqual("secret", file.read())

    def test_has_no_network_but_sockets_between_its_own(self):
        self.confined(
            """
            import socket
            for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
                refused(lambda: socket.socket(family, socket.SOCK_STREAM), errno.EACCES)
            refused(lambda: socket.create_connection(("127.0.0.1", 9)), errno.EACCES)
            one, other = socket.socketpair()
            one.send(b"x")
            assert other.recv(1) == b"x"
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                refused(lambda: socket.socket(socket.AF_UNIX, kind), errno.EACCES)
            """
        )

    def test_no_datagram_reaches_a_socket_with_a_name(self):
        path = os.path.join(self._folder.name, "daemon")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(path)
            daemon.setblocking(False)
            self.confined(
                """
                import socket
                def send(make):
                    make().sendto(b"x", %r)
                unix = socket.AF_UNIX
                refused(lambda: send(lambda: socket.socket(unix, socket.SOCK_DGRAM)), errno.EACCES)
                for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
                    refused(lambda: send(lambda: socket.socketpair(unix, kind)[0]), errno.EACCES)
                stream = socket.socketpair(unix, socket.SOCK_STREAM)[0]
                refused(lambda: stream.sendto(b"x", %r), errno.EISCONN, errno.EOPNOTSUPP)
                """
                % (path, path)
            )
            with self.assertRaises(BlockingIOError):
                daemon.recv(1)

    def test_calls_that_lead_out_are_refused(self):
        self.confined(
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            numbers = confine.MACHINES[os.uname().machine][1]
            for name in ("ptrace", "mount", "keyctl", "bpf", "unshare", "kexec_load", "setns",
                         "userfaultfd", "process_vm_readv", "setsid", "chroot"):
                result = libc.syscall(ctypes.c_long(numbers[name]), 0, 0, 0, 0, 0, 0)
                assert result == -1 and ctypes.get_errno() == errno.EPERM, name
            for name, number in confine.EVERYWHERE.items():
                result = libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0)
                assert result == -1 and ctypes.get_errno() == errno.EPERM, name
            # A new user namespace by clone: CLONE_NEWUSER | SIGCHLD.
            result = libc.syscall(ctypes.c_long(numbers["clone"]), 0x10000011, 0, 0, 0, 0)
            assert result == -1 and ctypes.get_errno() == errno.EPERM
            for name in ("environ", "mem", "maps"):
                path = "/proc/%d/%s" % (os.getppid(), name)
                refused(lambda: open(path).read(), errno.EACCES, errno.EPERM)
            with open("/proc/self/status") as status:
                facts = dict(line.split(":", 1) for line in status)
            assert all(int(facts["Cap" + kind], 16) == 0 for kind in ("Inh", "Prm", "Eff")), facts
            """
        )

    def test_children_and_threads_are_confined_too(self):
        self.confined(
            """
            import subprocess, threading
            code = "import socket; socket.socket()"
            done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
            assert "PermissionError" in done.stderr, done.stderr
            found = []
            thread = threading.Thread(
                target=lambda: refused(lambda: found.append(open("/tmp/x", "w")), errno.EACCES))
            thread.start()
            thread.join()
            assert not found
            """
        )

    def test_has_limits_and_a_session_of_its_own(self):
        self.confined(
            """
            import resource, signal
            assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
            assert os.getsid(0) == os.getpid()
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            with open(%r + "/large", "wb", buffering=0) as file:
                file.write(b"x" * (1 << 20))
                refused(lambda: file.write(b"x"), errno.EFBIG)
            soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
            assert soft == hard > 0
            """
            % self.folder
        )

    def test_policies_and_what_is_missing(self):
        text = (FRAME % (ROOT, self.folder)).split("applied, missing =")[0] + textwrap.dedent(
            """
            def lacking():
                raise OSError(38, "Function not implemented")
            confine._seccomp = lacking
            try:
                confine.confine([%r], [], {}, "required")
                raise AssertionError("required and not there")
            except confine.Unconfined as error:
                assert "seccomp" in str(error), error
            def refusing():
                raise OSError(1, "Operation not permitted")
            confine._seccomp = refusing
            try:
                confine.confine([%r], [], {}, "auto")
                raise AssertionError("there and not applied")
            except confine.Unconfined as error:
                assert "Operation not permitted" in str(error), error
            confine._seccomp = lacking
            for policy in ("auto", "best-effort"):
                applied, missing = confine.confine([%r], [], {}, policy)
                assert len(applied) == 1, applied
                assert missing == ["seccomp (Function not implemented)"], missing
            """
            % ((self.folder,) * 3)
        )
        done = subprocess.run(
            [sys.executable, "-I", "-c", text], capture_output=True, text=True, check=False
        )
        self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
