package io.millrace.system;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Puts the end of the server's log beside the failure of a test. */
final class ShowsLog
        implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {

    private static final int SHOWN = 12_000;

    private final Supplier<ServerProcess> server;

    ShowsLog(Supplier<ServerProcess> server) {
        this.server = server;
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        throw withLog(failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        throw withLog(failure);
    }

    private Throwable withLog(Throwable failure) {
        ServerProcess process = server.get();
        String log = process == null ? "" : process.logText();
        failure.addSuppressed(
                new AssertionError(
                        "the server's log ends:\n"
                                + log.substring(Math.max(0, log.length() - SHOWN))));
        return failure;
    }
}
