package io.millrace.function;

import io.millrace.spi.FunctionWorker.WorkerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A process with a busy worker, for a test that kills it. */
final class ServerToKill {

    private ServerToKill() {}

    /** Writes the worker's process id into the file and waits to be killed. */
    public static void main(String[] args) throws IOException, InterruptedException {
        String code =
                """
                import ctypes
                def main(ctx, msg):
                    if msg == b'hold':
                        ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock
                    ctx.send(msg)
                """;
        var function = RunningFunction.of(Path.of(args[0]), code);
        function.texts("x");
        if (function.worker.state() instanceof WorkerState.Running(long pid)) {
            Files.writeString(Path.of(args[1]), pid + "\n");
        }
        function.texts("hold");
        new CountDownLatch(1).await();
    }
}
