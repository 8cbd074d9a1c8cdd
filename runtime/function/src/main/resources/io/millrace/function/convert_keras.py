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


def written_by(path):
    """The release that wrote a .keras file; nothing for other files."""
    import json
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read("metadata.json"))["keras_version"])[:32]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ""


def reason(error, path):
    """What went wrong, releases first: a file of a later one is the usual cause."""
    import keras

    text = "%s: %s" % (type(error).__name__, " ".join(str(error).split()))
    release = written_by(path)
    if release and release != keras.__version__:
        text = "the file was written by Keras %s and is read by Keras %s: %s" % (
            release,
            keras.__version__,
            text,
        )
    return text[:600]


def require_safe_mode(version):
    """Older releases let files run code in spite of safe mode (CVE-2025-9905, CVE-2025-9906)."""
    if tuple(int(part) for part in version.split(".")[:2]) < (3, 12):
        raise RuntimeError(
            "the server's Keras %s runs code that files hold; it needs Python 3.11 or later for"
            " conversions" % version
        )


def main(path, target, report):
    try:
        import keras

        require_safe_mode(keras.__version__)
        # Safe mode refuses layers that hold code; training state is of no use here.
        path = as_file(path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        model.export(target, verbose=False)
    except Exception as error:  # whatever it is, it is the reason
        with open(report, "w", encoding="utf-8") as out:
            out.write(reason(error, path))
        sys.exit(2)


main(*sys.argv[1:4])
