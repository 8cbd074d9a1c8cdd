"""Events out, commands in."""

import json
import math
import os
import queue
import select
import signal
import threading


def plain(value):
    """What JSON can say: numbers that are none become text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _end_session():
    mine = os.getsid(0)
    for name in os.listdir("/proc"):
        try:
            pid = int(name) if name.isdigit() else os.getpid()
            if pid != os.getpid() and os.getsid(pid) == mine:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            continue  # it ended in between


class Channel:
    """Takes the standard streams away from the user's code; it prints to standard error."""

    def __init__(self, out, commands):
        self._out = out
        self._commands = commands
        self._lock = threading.Lock()
        self._notices = set()
        self.incoming = queue.Queue()
        self.stopped = threading.Event()

    @classmethod
    def take(cls):
        out = os.dup(1)
        commands = os.dup(0)
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        return cls(out, commands)

    def guard(self):
        """A process that ends all that this one started when the server is gone.

        The signal that Linux sends then reaches only the process that the server started.
        """
        if os.fork() != 0:
            return
        try:
            for stream in (0, 1, 2, self._out):
                os.close(stream)
            watch = select.poll()
            watch.register(self._commands, 0)  # only that its other end is closed
            watch.poll()
            _end_session()
        finally:
            os._exit(0)

    def listen(self):
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def emit(self, event, **fields):
        line = json.dumps({"event": event, **plain(fields)}, allow_nan=False) + "\n"
        data = line.encode()
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except OSError:
                os._exit(75)  # nobody listens any more

    def notice(self, text):
        """Says something to people, once."""
        if text not in self._notices and len(self._notices) < 50:
            self._notices.add(text)
            self.emit("notice", text=text[:1000])

    def _read(self):
        with os.fdopen(self._commands, "r", encoding="utf-8") as lines:
            for line in lines:
                command = json.loads(line)
                if command["command"] == "stop":
                    self.stopped.set()
                self.incoming.put(command)
        os._exit(75)  # the server is gone
