"""Limits a worker puts on itself before it runs foreign code."""

import ctypes
import os
import signal


def _lower(resource, which, value):
    soft, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def apply(environ):
    """Takes the limits out of the environment. What the platform lacks is left out."""
    try:
        os.setsid()  # Ctrl-C at the server's terminal is the server's business
    except OSError:
        pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    _offer_to_oom_killer()
    try:
        import resource
    except ImportError:
        return
    for variable, limit in (
        ("MILLRACE_LIMIT_DATA", "RLIMIT_DATA"),
        ("MILLRACE_LIMIT_FILE", "RLIMIT_FSIZE"),
        ("MILLRACE_LIMIT_CORE", "RLIMIT_CORE"),
    ):
        value = environ.pop(variable, "")
        if value and hasattr(resource, limit):
            try:
                _lower(resource, getattr(resource, limit), int(value))
            except (OSError, ValueError):
                pass


def _die_with_parent():
    # The end of the connection ends a worker too; this also works while the GIL is held for long.
    try:
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
    except (OSError, AttributeError):
        pass


def _offer_to_oom_killer():
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass
