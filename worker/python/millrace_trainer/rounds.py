"""Learning from samples without label: the model labels those it is sure of, and learns again.

Works for any trainer that has samples, epochs, fit(part, before, done, words, arrays),
blocks(array) and predict(block).
"""

import numpy as np

from millrace_trainer.samples import Segment
from millrace_trainer.usercode import UserError


def train(trainer, labelled, settings, last):
    """A first fit, then rounds of labelling and fitting."""
    rounds, confidence = settings["rounds"], settings["confidence"]
    number = last.get("round", 0)
    rows, labels = last["rest"] if number else (None, None)
    before = number * trainer.epochs
    done = last.get("epoch", 0)
    while True:
        part = labelled
        if rows is not None:
            part = labelled.with_segment(
                Segment(
                    trainer.samples.unlabelled,
                    rows,
                    labels,
                    np.arange(len(rows), dtype=np.int64),
                )
            )
        trainer.fit(
            part, before, done, {"round": number}, () if rows is None else (rows, labels)
        )
        if trainer.channel.stopped.is_set() or number >= rounds:
            return
        number, before, done = number + 1, before + trainer.epochs, 0
        rows, labels = label(trainer, confidence)
        if len(rows) == 0:
            trainer.channel.notice(
                "round %d: the model is sure of none of the samples without label (confidence %g)"
                % (number, confidence)
            )
            return
        trainer.channel.emit(
            "notice", text="round %d: %d samples got a label" % (number, len(rows))
        )


def label(trainer, confidence):
    """Rows the model is sure of, with labels written as the dataset writes them."""
    rows, labels, begin = [], [], 0
    _, (kind, shape) = trainer.samples.train.shapes
    for block in trainer.blocks(trainer.samples.unlabelled):
        answers = trainer.predict(block)
        if isinstance(answers, (list, tuple, dict)):
            raise UserError("rounds need a model with one output")
        sure, classes = certain(answers.reshape(len(answers), -1), confidence)
        rows.append(begin + sure)
        labels.append(as_sent(classes, answers.shape[-1], kind, shape))
        begin += len(block)
    return np.concatenate(rows), np.concatenate(labels)


def certain(answers, confidence):
    """Positions of the rows that are sure, and their classes."""
    if answers.shape[1] == 1:
        chance = answers[:, 0]
        if np.any((chance < 0) | (chance > 1)):
            chance = 1 / (1 + np.exp(-chance))
        classes = (chance > 0.5).astype(np.int64)
        best = np.maximum(chance, 1 - chance)
    else:
        is_chance = np.all(answers >= 0) and np.allclose(answers.sum(axis=1), 1, atol=1e-3)
        chance = answers if is_chance else softmax(answers)
        classes = chance.argmax(axis=1).astype(np.int64)
        best = chance.max(axis=1)
    sure = np.nonzero(best >= confidence)[0].astype(np.int64)
    return sure, classes[sure]


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def as_sent(classes, outputs, kind, shape):
    """Class numbers, or one-hot rows where labels are such."""
    if len(shape) > 0 and shape[-1] > 1:
        if shape[-1] != outputs:
            raise UserError("labels of shape %s do not fit the model's answers" % (shape,))
        return np.eye(outputs, dtype=kind)[classes].reshape((len(classes), *shape))
    return classes.astype(kind).reshape((len(classes), *shape))
