"""Samples as the server laid them down: arrays that are mapped, never read as a whole."""

import os

import numpy as np

NO_ROWS = np.zeros(0, dtype=np.int64)


class Samples:
    """All samples of a run."""

    def __init__(self, folder):
        self.x = _map(folder, "x.npy")
        self.y = _map(folder, "y.npy")
        self.train = self._part(folder, "train.npy")
        self.validation = self._part(folder, "validation.npy")
        self.test = self._part(folder, "test.npy")
        path = os.path.join(folder, "unlabelled_x.npy")
        self.unlabelled = _map(folder, "unlabelled_x.npy") if os.path.exists(path) else None

    def _part(self, folder, name):
        path = os.path.join(folder, name)
        rows = np.load(path, allow_pickle=False) if os.path.exists(path) else NO_ROWS
        return Part([Segment(self.x, rows, self.y, rows)])


class Segment:
    """Rows of one array of inputs, with the rows of their labels."""

    def __init__(self, x, x_rows, y, y_rows):
        self.x, self.x_rows, self.y, self.y_rows = x, x_rows, y, y_rows

    def __len__(self):
        return len(self.x_rows)


class Part:
    """Samples that are used together, from one segment or several."""

    def __init__(self, segments):
        self._segments = segments
        self._starts = np.cumsum([0] + [len(segment) for segment in segments])

    def __len__(self):
        return int(self._starts[-1])

    def with_segment(self, segment):
        return Part(self._segments + [segment])

    @property
    def shapes(self):
        """Type and shape of one input and one label."""
        first = self._segments[0]
        return (first.x.dtype, first.x.shape[1:]), (first.y.dtype, first.y.shape[1:])

    @property
    def bytes(self):
        (x_type, x_shape), (y_type, y_shape) = self.shapes
        one = x_type.itemsize * int(np.prod(x_shape)) + y_type.itemsize * int(np.prod(y_shape))
        return len(self) * one

    def take(self, positions):
        """Inputs and labels at these positions of the part, in their order."""
        if len(self._segments) == 1:
            return self._of(self._segments[0], positions)
        (x_type, x_shape), (y_type, y_shape) = self.shapes
        x = np.empty((len(positions), *x_shape), x_type)
        y = np.empty((len(positions), *y_shape), y_type)
        of = np.searchsorted(self._starts, positions, side="right") - 1
        for number, segment in enumerate(self._segments):
            here = np.nonzero(of == number)[0]
            x[here], y[here] = self._of(segment, positions[here] - self._starts[number])
        return x, y

    def labels(self):
        return np.concatenate([np.asarray(s.y)[s.y_rows] for s in self._segments])

    @staticmethod
    def _of(segment, positions):
        return _take(segment.x, segment.x_rows[positions]), _take(
            segment.y, segment.y_rows[positions]
        )


def _take(array, rows):
    """From a mapped array the rows are read in their order on disk."""
    if isinstance(array, np.memmap) and len(rows) > 1:
        order = np.argsort(rows, kind="stable")
        taken = np.empty((len(rows), *array.shape[1:]), array.dtype)
        taken[order] = array[rows[order]]
        return taken
    return np.asarray(array[rows])


def of_arrays(x, y):
    """A part that is two arrays."""
    rows = np.arange(len(x), dtype=np.int64)
    return Part([Segment(x, rows, y, rows)])


def _map(folder, name):
    return np.load(os.path.join(folder, name), mmap_mode="r", allow_pickle=False)


def order_of(seed, round_number, count, shuffle):
    """In which order a pass goes through the samples; the same for the same seed and pass."""
    if not shuffle:
        return np.arange(count, dtype=np.int64)
    return np.random.default_rng([abs(int(seed)), int(round_number)]).permutation(count)
