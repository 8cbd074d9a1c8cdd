"""The life of a worker: connect, load the function, call it for each message."""

import importlib.util
import logging
import os
import sys
import traceback

from . import PROTOCOL_VERSION, limits, protocol
from .channel import Channel
from .context import Context, Step

LOG_FORMAT = "[%(asctime)s %(name)s %(levelname)s] %(message)s"
_HERE = os.path.dirname(os.path.abspath(__file__))


class LoadError(Exception):
    """The module is there but is not a function."""


class Function:
    """The user's module: ``main(ctx, msg)``, ``main_batch(contexts, messages)``, or both."""

    def __init__(self, module):
        self.main = getattr(module, "main", None)
        self.main_batch = getattr(module, "main_batch", None)
        if self.main is None and self.main_batch is None:
            raise LoadError("the function's file does not define main(ctx, msg)")
        for name in ("main", "main_batch"):
            if getattr(self, name) is not None and not callable(getattr(self, name)):
                raise LoadError("'%s' in the function's file cannot be called" % name)


def load(path):
    """Imports a file without letting its name hide another module."""
    name = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.dirname(path)
    if not name.isidentifier() or name in sys.modules or importlib.util.find_spec(name):
        name = "function_" + "".join(c if c.isalnum() else "_" for c in name)
    # At the end, for the same reason.
    sys.path.append(folder)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return Function(module)


def user_traceback(error):
    """A traceback without the frames of this package and of the import machinery."""
    tb = error.__traceback__
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        if not file.startswith("<frozen importlib") and os.path.dirname(file) != _HERE:
            break
        tb = tb.tb_next
    lines = traceback.format_exception(type(error), error, tb)
    return "".join(lines).rstrip("\n")


def describe(error):
    """As in ``ValueError: bad shape``."""
    try:
        message = str(error)
    except Exception:  # a broken __str__ of the user's own class
        message = "(its message cannot be shown)"
    name = type(error).__name__
    return "%s: %s" % (name, message) if message else name


class Loop:
    """Answers calls, one message after the other."""

    def __init__(self, channel, function, step):
        self._channel = channel
        self._function = function
        self._step = step

    def run(self):
        while True:
            kind, body = self._channel.next()
            if kind == protocol.DRAIN:
                return
            if kind != protocol.CALL:
                raise protocol.ProtocolError("unexpected frame %d" % kind)
            self._call(*protocol.call(body))
            body = None

    def _call(self, first, flags, messages):
        self._channel.write(protocol.started(first))
        if self._function.main_batch is not None and not flags & protocol.SINGLY:
            if self._batch(first, messages):
                return
            self._channel.write(protocol.started(first))
        main = self._function.main or self._batch_of_one
        step = self._step
        channel = self._channel
        sequence = first
        for origin, nanos, payload in messages:
            context = Context(step, origin, nanos, payload)
            try:
                main(context, payload)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                context._discard()
                self._log_failure(origin, error)
                channel.write(protocol.failed(sequence, describe(error)))
            else:
                channel.write_pieces(protocol.sent(sequence, context._close()))
            sequence += 1

    def _batch_of_one(self, context, payload):
        self._function.main_batch([context], [payload])

    def _batch(self, first, messages):
        """Whether the batch succeeded. If not, its messages are called one by one."""
        contexts = [Context(self._step, *message) for message in messages]
        try:
            self._function.main_batch(contexts, [message[2] for message in messages])
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            for context in contexts:
                context._discard()
            logging.getLogger().warning(
                "main_batch failed on %d messages (%s), they are called one by one",
                len(messages),
                describe(error),
            )
            return False
        for index, context in enumerate(contexts):
            self._channel.write_pieces(protocol.sent(first + index, context._close()))
        return True

    @staticmethod
    def _log_failure(origin, error):
        try:
            logging.getLogger().error(
                "Function failed on a message from %s\n%s", origin.topic, user_traceback(error)
            )
        except Exception:  # logging is in the user's hands and must not hide the failure
            traceback.print_exc()


def main():
    environ = os.environ
    path = environ.pop("MILLRACE_SOCKET", None)
    token = environ.pop("MILLRACE_TOKEN", None)
    if path is None or token is None:
        sys.stderr.write("millrace_worker is started by the Millrace server, not by hand\n")
        return 64
    limits.apply(environ)
    channel = Channel(path)
    version = "%d.%d.%d" % sys.version_info[:3]
    channel.write(protocol.hello(token, PROTOCOL_VERSION, "python", version))
    kind, body = channel.read_now()
    if kind == protocol.CONFIG_TRANSFORMER:
        from . import transformer

        try:
            return transformer.work(channel, protocol.config_transformer(body))
        finally:
            channel.close()
    if kind != protocol.CONFIG:
        raise protocol.ProtocolError("expected CONFIG, got frame %d" % kind)
    config = protocol.config(body)
    channel.listen()
    try:
        return work(channel, config)
    finally:
        channel.close()


def work(channel, config):
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    root = logging.getLogger()
    root.info("Subscribe to %s", config["input"])
    root.info("Publish to %s", config["output"])
    root.info("Load function from: %s", config["script"])
    try:
        function = load(config["script"])
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        text = str(error) if isinstance(error, LoadError) else user_traceback(error)
        root.error("Function does not load\n%s", text)
        channel.write(protocol.start_failed(text))
        return 1
    root.info("Load config: %s", config["args"])
    channel.write(protocol.ready(protocol.BATCH if function.main_batch is not None else 0))
    Loop(channel, function, Step(config["args"], config["max_payload"])).run()
    return 0
