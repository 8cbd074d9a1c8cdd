"""What a new process needs to go on where another was ended."""

import json
import os
import time

import numpy as np

# Writing may take this share of the time; what is lost is then at most 20 times what it costs.
SHARE = 0.05


class Checkpoint:
    """Arrays in their order, and words about them."""

    def __init__(self, arrays, words):
        self.arrays = arrays
        self.words = words


class Checkpoints:
    """The last checkpoint of a run; it replaces the one before in one step."""

    def __init__(self, folder, clock=time.monotonic):
        self._folder = os.path.join(folder, "checkpoints")
        self._clock = clock
        self._cost = 0.0
        self._last = None
        os.makedirs(self._folder, exist_ok=True)

    @property
    def _file(self):
        return os.path.join(self._folder, "last.npz")

    def is_due(self):
        return self._last is None or self._clock() - self._last >= self._cost / SHARE

    def write(self, arrays, words):
        begin = self._clock()
        partial = self._file + ".partial"
        note = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
        named = {"a%06d" % number: np.asarray(array) for number, array in enumerate(arrays)}
        with open(partial, "wb") as file:
            np.savez(file, words=note, **named)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self._file)
        self._last = self._clock()
        self._cost = self._last - begin

    def read(self):
        """The last one; nothing when there is none that can be read."""
        try:
            with open(self._file, "rb") as raw, np.load(raw, allow_pickle=False) as file:
                words = json.loads(file["words"].tobytes())
                names = sorted(name for name in file.files if name != "words")
                return Checkpoint([file[name] for name in names], words)
        except FileNotFoundError:
            return None
        except Exception as error:  # a damaged archive may raise anything
            print("The checkpoint cannot be read: %s" % error, flush=True)
            return None
