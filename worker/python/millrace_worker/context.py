"""What a function gets beside its message."""

import threading

from . import protocol


class Step:
    """What all messages of a worker share: its configuration, and sends that came late."""

    def __init__(self, args, max_payload=protocol.MAX_PAYLOAD):
        self.args = args
        self.max_payload = max_payload
        self.lock = threading.Lock()
        self.late = []
        self.late_size = 0


class Context:
    """One message. May be kept and used from any thread, also after the message is done."""

    __slots__ = ("_step", "_origin", "_timestamp", "_payload", "_sent", "_size", "_open")

    def __init__(self, step, origin, timestamp, payload):
        self._step = step
        self._origin = origin
        self._timestamp = timestamp
        self._payload = payload
        self._sent = []
        self._size = 0
        self._open = True

    def get_config(self):
        """The parameters this pipeline gives to the function; every value is a string."""
        return dict(self._step.args)

    def get_topic(self):
        """The topic the message came from."""
        return self._origin.topic

    def get_timestamp(self):
        """When the message was received: nanoseconds since the epoch."""
        return self._timestamp

    def get_payload(self):
        """The message itself, as bytes."""
        return self._payload

    def get_selector(self, category_id):
        """The value of a category by which this message was chosen; None when it was not used."""
        return self._origin.selectors.get(category_id)

    def send(self, data):
        """Passes data to the next step. A str goes as UTF-8.

        After its message is done, what is sent leaves with the next message that succeeds.
        """
        if isinstance(data, str):
            data = data.encode("utf-8")
        elif type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise TypeError(
                    "ctx.send takes bytes, bytearray, memoryview or str, not %s"
                    % type(data).__name__
                )
            data = bytes(data)
        step = self._step
        size = len(data)
        if size > step.max_payload:
            raise ValueError(
                "ctx.send: %d bytes are too many, allowed are %d" % (size, step.max_payload)
            )
        with step.lock:
            if self._open:
                self._check_room(self._size, len(self._sent), size)
                self._sent.append(data)
                self._size += size + 4
            else:
                self._check_room(step.late_size, len(step.late), size)
                step.late.append(data)
                step.late_size += size + 4

    def _check_room(self, used, count, size):
        if count >= protocol.MAX_SENDS or used + size + 4 > protocol.MAX_SENT:
            raise ValueError(
                "ctx.send: one message may send %d bytes and %d times in all"
                % (protocol.MAX_SENT, protocol.MAX_SENDS)
            )

    def _close(self):
        """Ends the message that succeeded: what leaves with it, late ones of others first."""
        step = self._step
        with step.lock:
            self._open = False
            if not step.late:
                return self._sent
            room = protocol.MAX_SENT - self._size
            slots = protocol.MAX_SENDS - len(self._sent)
            take = 0
            for data in step.late:
                if take >= slots or len(data) + 4 > room:
                    break
                room -= len(data) + 4
                take += 1
            leaving = step.late[:take]
            del step.late[:take]
            step.late_size -= sum(len(data) + 4 for data in leaving)
            return leaving + self._sent

    def _discard(self):
        """Ends the message that failed: what it sent is not passed on."""
        with self._step.lock:
            self._open = False
            self._sent = []
