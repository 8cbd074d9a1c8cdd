"""Runs what users wrote, and tells errors in their terms."""

import ast
import linecache
import os
import sys
import threading
import traceback
import types

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST = 3000


class UserError(Exception):
    """Something the user can put right; the text says what."""


def load(job, scope):
    """Runs the imports and the source of a definition; answers its variables."""
    module = types.ModuleType("__main__")
    module.__dict__.update(scope)
    sys.modules["__main__"] = module
    parts = (("imports", job.get("imports", "")), (job["file"], job["source"]))
    for name, text in parts:
        lines = text.splitlines(keepends=True)
        linecache.cache[name] = (len(text), None, lines, name)
    try:
        for name, text in parts:
            exec(compile(text, name, "exec"), module.__dict__)
    except SystemExit as error:
        raise UserError("the code ends the program: exit(%s)" % error.code) from None
    return module


def literals(texts, what):
    """Arguments as values; only Python literals are taken."""
    values = {}
    for name, text in texts.items():
        try:
            values[name] = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise UserError(
                "%s argument %s=%s: expected a Python literal, such as 5, 0.1, True or 'text'"
                % (what, name, text[:100])
            ) from None
    return values


def explain(error, files):
    """An error as the user should see it: their own lines, and what the library said."""
    if isinstance(error, SyntaxError) and error.filename in files:
        line = (error.text or "").strip()
        return "%s, line %s: %s\n%s: %s" % (
            error.filename,
            error.lineno,
            line,
            type(error).__name__,
            error.msg,
        )
    said = "%s: %s" % (type(error).__name__, _message(error))
    if isinstance(error, UserError):
        said = str(error)
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in files:
            lines.append("%s, line %d: %s" % (frame.filename, frame.lineno, frame.line))
    return "\n".join(_shorter(lines) + [said])[:LONGEST]


def _shorter(lines):
    """Recursion makes many."""
    return lines if len(lines) <= 8 else lines[:4] + ["…"] + lines[-4:]


def _message(error):
    text = str(error).strip()
    if isinstance(error, PermissionError):
        text += _hint(error)
    if isinstance(error, MemoryError) and not text:
        text = "no memory is left within the limit of this run"
    # TensorFlow adds where in the graph an operation was made, in frames of its own.
    for mark in ("\n\nStack trace for op definition", "\n\nOriginal stack trace"):
        text = text.split(mark)[0]
    return text


def _hint(error):
    if error.filename:
        return " (code of a model may write to its own folder only)"
    return " (code of a model has no network, and may not use this system call)"


def watch(seconds, files, report):
    """Ends the process when it takes too long, and says in which line of the user it was."""
    main = threading.main_thread().ident

    def expire():
        frame = sys._current_frames().get(main)
        where = ""
        while frame is not None:
            name = frame.f_code.co_filename
            if name in files:
                line = linecache.getline(name, frame.f_lineno).strip()
                where = "; it was in %s, line %d: %s" % (name, frame.f_lineno, line)
                break
            frame = frame.f_back
        report("Timeout", "the code did not end within %g s%s" % (seconds, where))
        os._exit(3)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    return timer
