"""Runs checks, each a function without arguments whose name is a sentence; says how each went."""

import sys
import time
import traceback


def run(checks):
    failed = 0
    for check in checks:
        start = time.monotonic()
        try:
            check()
            print(f"ok {check.__name__} {time.monotonic() - start:.2f} s")
        except Exception:  # whatever it is, it is this check's failure, and the others go on
            failed += 1
            print(f"FAILED {check.__name__}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    sys.exit(1 if failed else 0)


def fails(call, *wanted):
    """Runs something that has to fail, and looks for words in what it says; gives the error."""
    try:
        call()
    except Exception as error:
        text = str(error)
        for word in wanted:
            assert word in text, f"'{word}' is not in: {text}"
        return error
    raise AssertionError("it did not fail")
