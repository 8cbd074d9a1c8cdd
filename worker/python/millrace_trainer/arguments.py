"""Arguments for training and evaluation, as users write them."""

from millrace_trainer.usercode import UserError, literals

# Of releases past, or answered by the run itself; they change nothing.
IGNORED = {
    "validation_split": "the split of the dataset decides what validates",
    "workers": "samples are read ahead anyway",
    "use_multiprocessing": "samples are read ahead anyway",
    "max_queue_size": "samples are read ahead anyway",
    "return_dict": "all metrics are kept by name",
    "callbacks": "progress, checkpoints and metrics are kept anyway",
}


def read(texts, what, known, notice):
    values = literals(texts, what)
    for name in list(values):
        if name in IGNORED and name not in known:
            del values[name]
            notice("%s argument %s is not used: %s" % (what, name, IGNORED[name]))
        elif name not in known:
            raise UserError(
                "%s argument %s is not known; known are %s" % (what, name, ", ".join(known))
            )
    return values


def positive(values, name, otherwise):
    value = values.get(name, otherwise)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UserError("%s=%r: expected a whole number from 1" % (name, value))
    return value
