"""What one process does, from its first line to its last."""

import json
import os
import platform
import shutil
import sys
import tempfile

from millrace_trainer import confine, usercode
from millrace_trainer.channel import Channel

KEPT = ("PATH", "LANG", "TZ", "HOME", "TMPDIR")


def main(folder, file=None):
    channel = Channel.take()
    folder = os.path.abspath(folder)
    with open(file or os.path.join(folder, "job.json"), encoding="utf-8") as text:
        job = json.load(text)
    _surroundings(folder)
    try:
        applied, missing = confine.confine(
            [folder], job.get("read", []), job.get("limits", {}), job["confinement"]
        )
    except confine.Unconfined as error:
        channel.emit("failed", reason="NoConfinement", text=str(error))
        sys.exit(2)
    channel.emit("confined", applied=applied, missing=missing)
    channel.guard()
    channel.listen()
    files = ("imports", job["file"])

    def failed(reason, text):
        channel.emit("failed", reason=reason, text=text)

    loading = None

    def loaded():
        """The libraries are there: from here on it is the user's code that takes its time."""
        if loading is not None:
            loading.cancel()
            channel.emit("loaded")
            usercode.watch(job.get("deadline", 120), files, failed)

    try:
        if job["mode"] == "check":
            loading = usercode.watch(job.get("loading", 300), files, failed)
        _library(job).run(job, folder, channel, loaded)
    except MemoryError as error:
        failed("OutOfMemory", usercode.explain(error, files))
    except BaseException as error:  # also what users raise to get out
        failed("UserCode", usercode.explain(error, files))
    else:
        _leave(0)
    _leave(2)


def _leave(code):
    """At once: threads of libraries, and of users, have nothing to say any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _library(job):
    if job["library"] == "keras":
        from millrace_trainer import keras_trainer

        return keras_trainer
    from millrace_trainer import torch_trainer

    return torch_trainer


def _surroundings(folder):
    """A folder and variables of its own; nothing of the server's."""
    temporary = os.path.join(folder, "tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    os.makedirs(temporary)
    for name in list(os.environ):
        if name not in KEPT:
            del os.environ[name]
    os.environ.update(
        HOME=folder,
        TMPDIR=temporary,
        TF_CPP_MIN_LOG_LEVEL="2",
        CUDA_VISIBLE_DEVICES="-1",
        KERAS_BACKEND="tensorflow",
        OMP_WAIT_POLICY="PASSIVE",  # cores are shared with the server
        KERAS_HOME=os.path.join(temporary, "keras"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    tempfile.tempdir = temporary
    sys.dont_write_bytecode = True
    os.chdir(folder)


def machine():
    """Where it runs, for people."""
    model = ""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip() + ", "
                    break
    except OSError:
        pass
    return "%s%d cores, %s %s" % (model, os.cpu_count(), platform.system(), platform.machine())
