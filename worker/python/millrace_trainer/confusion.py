"""Answers against labels."""

import numpy as np

MOST_CLASSES = 1000


def classes_of(answers):
    """The class that each row of probabilities or scores says."""
    flat = answers.reshape(len(answers), -1)
    if flat.shape[1] == 1:
        return (flat[:, 0] > 0.5).astype(np.int64)
    return flat.argmax(axis=1).astype(np.int64)


def labels_of(labels):
    """Labels as class numbers; nothing when they are none."""
    flat = labels.reshape(len(labels), -1)
    if flat.shape[1] > 1:
        is_one_hot = np.all((flat == 0) | (flat == 1)) and np.all(flat.sum(axis=1) == 1)
        return flat.argmax(axis=1).astype(np.int64) if is_one_hot else None
    numbers = flat[:, 0].astype(np.float64)
    whole = numbers.astype(np.int64)
    if np.any(numbers != whole) or np.any(whole < 0) or np.any(whole >= MOST_CLASSES):
        return None
    return whole


def matrix(truth, answers, count):
    """Counts by true class (row) and answer (column)."""
    counts = np.zeros((count, count), dtype=np.int64)
    np.add.at(counts, (truth, answers), 1)
    return counts.tolist()


def names(classes, count):
    return [str(classes[i]) if i < len(classes) else str(i) for i in range(count)]
