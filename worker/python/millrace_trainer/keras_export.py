"""Writes a trained model in all formats; one that cannot be written is no reason to fail."""

import os
import shutil
import subprocess
import sys
import zipfile

CONVERTER = """
import sys
import tensorflow as tf
converted = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
with open(sys.argv[2], "wb") as out:
    out.write(converted)
"""
TFLITE_SECONDS = 900


ALL = ("keras", "h5", "saved-model", "tflite")
QUICK = ALL[:3]


def export(model, folder, channel, formats=ALL):
    """Emits an event for each file that is there."""
    os.makedirs(folder, exist_ok=True)
    saved = os.path.join(folder, "saved_model")
    for name, file, write in (
        ("keras", "model.keras", lambda path: model.save(path)),
        ("h5", "model.h5", lambda path: model.save(path)),
        ("saved-model", "saved_model.zip", lambda path: _saved_model(model, saved, path)),
        ("tflite", "model.tflite", lambda path: _tflite(saved, path)),
    ):
        path = os.path.join(folder, file)
        if name not in formats:
            continue
        try:
            write(path)
        except Exception as error:  # whatever it is, the other formats are there
            if os.path.exists(path):
                os.remove(path)
            channel.notice("the model cannot be written as %s: %s" % (name, _short(error)))
        else:
            channel.emit("exported", format=name, file=path, bytes=os.path.getsize(path))
    shutil.rmtree(saved, ignore_errors=True)


def _saved_model(model, folder, path):
    model.export(folder, verbose=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for parent, folders, files in os.walk(folder):
            for name in sorted(folders + files):
                full = os.path.join(parent, name)
                archive.write(full, os.path.relpath(full, folder))


def _tflite(saved, path):
    """In a process of its own: the converter may abort the one it runs in."""
    if not os.path.isdir(saved):
        raise ValueError("there is no SavedModel to convert")
    done = subprocess.run(
        [sys.executable, "-I", "-c", CONVERTER, saved, path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=TFLITE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line]
        raise ValueError(lines[-1] if lines else "code %d" % done.returncode)


def _short(error):
    return " ".join(("%s: %s" % (type(error).__name__, error)).split())[:400]
