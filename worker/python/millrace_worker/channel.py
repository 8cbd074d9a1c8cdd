"""The connection to the server."""

import os
import queue
import socket
import struct
import sys
import threading

from . import protocol

_LENGTH = struct.Struct(">I")
_JOIN_BELOW = 65536


class Channel:
    """Frames in and out. A thread of its own reads, so that the server never waits to write, and
    so that the end of the server is noticed whatever the function is doing."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._frames = queue.SimpleQueue()
        self._pid = os.getpid()
        self._ending = False
        self._handlers = {}
        self._writing = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self):
        # A forked child must neither hold the connection open nor write to it.
        try:
            self._socket.close()
        except OSError:
            pass

    def read_now(self):
        """Reads one frame in the caller's thread; only before ``listen``."""
        return self._read()

    def listen(self):
        threading.Thread(target=self._pump, name="millrace-channel", daemon=True).start()

    def on(self, kind, handler):
        """Has frames of a kind given to a handler in the thread that reads; before ``listen``."""
        self._handlers[kind] = handler

    def next(self):
        """The next frame as (kind, body); waits for it."""
        return self._frames.get()

    def close(self):
        """Tells the server that nothing more will come, however long the process takes to end."""
        self._ending = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def write(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            self._lost(error)

    def write_frame(self, pieces):
        """As ``write_pieces``, when several threads write."""
        with self._writing:
            self.write_pieces(pieces)

    def write_pieces(self, pieces):
        length = sum(map(len, pieces))
        if length < _JOIN_BELOW:
            self.write(b"".join(pieces))
            return
        small = []
        for piece in pieces:
            if len(piece) < _JOIN_BELOW:
                small.append(piece)
            else:
                if small:
                    self.write(b"".join(small))
                    small = []
                self.write(piece)
        if small:
            self.write(b"".join(small))

    def _lost(self, error):
        if os.getpid() != self._pid:
            os._exit(0)  # a forked child came back into the loop: it has no business here
        if not self._ending:
            sys.stderr.write("millrace: connection to the server is lost: %s\n" % error)
        os._exit(70)

    def _pump(self):
        try:
            while True:
                kind, body = self._read()
                if kind == protocol.DRAIN:
                    self._ending = True
                handler = self._handlers.get(kind)
                if handler is None:
                    self._frames.put((kind, body))
                else:
                    handler(body)
        except (EOFError, OSError):
            if self._ending:
                return
            # The server is gone or has given this worker up. Nobody wants its work any more.
            os._exit(0)
        except protocol.ProtocolError as error:
            sys.stderr.write("millrace: %s\n" % error)
            os._exit(70)

    def _read(self):
        length = _LENGTH.unpack(self._exactly(4))[0]
        if not 1 <= length <= protocol.MAX_FRAME:
            raise protocol.ProtocolError("frame of %d bytes" % length)
        data = memoryview(self._exactly(length))
        return data[0], data[1:]

    def _exactly(self, length):
        data = bytearray(length)
        view = memoryview(data)
        at = 0
        while at < length:
            count = self._socket.recv_into(view[at:])
            if count == 0:
                raise EOFError
            at += count
        return data
