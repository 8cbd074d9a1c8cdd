"""Turns a Keras model into a SavedModel: convert_keras.py MODEL TARGET REPORT.

MODEL is a .keras or .h5 file, or a folder with the parts of a .keras file. The last line of REPORT
is the reason when the exit code is 2.
"""

import resource
import sys

GIB = 1 << 30
resource.setrlimit(resource.RLIMIT_AS, (12 * GIB, 12 * GIB))
resource.setrlimit(resource.RLIMIT_FSIZE, (4 * GIB, 4 * GIB))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def as_file(path):
    """A .keras file is a zip archive; one that was unpacked on its way is packed again."""
    import os
    import zipfile

    if not os.path.isdir(path):
        return path
    packed = "model.keras"
    with zipfile.ZipFile(packed, "w") as archive:
        for folder, _, files in os.walk(path):
            for name in files:
                full = os.path.join(folder, name)
                archive.write(full, os.path.relpath(full, path))
    return packed


def main(path, target, report):
    try:
        import keras

        # Safe mode refuses layers that hold code; training state is of no use here.
        model = keras.saving.load_model(as_file(path), compile=False, safe_mode=True)
        model.export(target, verbose=False)
    except Exception as error:  # whatever it is, it is the reason
        text = " ".join(str(error).split())
        with open(report, "w", encoding="utf-8") as out:
            out.write("%s: %s" % (type(error).__name__, text[:600]))
        sys.exit(2)


main(*sys.argv[1:4])
