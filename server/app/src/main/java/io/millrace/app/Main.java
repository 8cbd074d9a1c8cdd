package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the server and stops it on SIGTERM. The one place that sees control and runtime. */
public final class Main {

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    /** SIGTERM must end the process within ten seconds, whatever hangs. */
    private static final int STOP_LIMIT_MILLIS = 9_000;

    private static final int EXIT_FAILED = 1;
    private static final int EXIT_USAGE = 2;

    private Main() {}

    /**
     * See {@code --help}. Exits with 0 after a stop by signal or after a warm-up, 1 and 2 on
     * errors.
     */
    public static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        if (words.contains("--help") || words.contains("-h")) {
            System.out.println(ConfigReference.help());
            return;
        }
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        try {
            run(ConfigReader.read(words));
        } catch (MillraceException e) {
            System.err.println("millrace: " + e.text());
            if (e.code() == ErrorCode.INTERNAL) {
                LOG.error("The server did not start", e);
            }
            // Not exit: threads of a half-started part must not keep a failed process alive.
            Runtime.getRuntime().halt(e.code() == ErrorCode.INVALID ? EXIT_USAGE : EXIT_FAILED);
        }
    }

    private static void run(ServerConfig config) {
        var server = new MillraceServer(config);
        server.start();
        if (config.warmUp()) {
            new WarmUp(server.httpPort()).run();
            server.close();
            System.exit(0);
        }
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform()
                                .name("stop")
                                .unstarted(() -> {
                                    stopWithinLimit(server);
                                    stopped.countDown();
                                }));
        if (config.stopOnStdinEof()) {
            Thread.ofPlatform().daemon().name("parent-watch").start(Main::exitAtEndOfInput);
        }
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stopWithinLimit(MillraceServer server) {
        Thread guard =
                Thread.ofPlatform()
                        .daemon()
                        .name("stop-guard")
                        .start(() -> {
                            io.millrace.api.TimeSource.system()
                                    .pause(java.time.Duration.ofMillis(STOP_LIMIT_MILLIS));
                            if (!Thread.currentThread().isInterrupted()) {
                                LOG.error(
                                        "Not stopped after {} ms; ending the process."
                                                + " Nothing acknowledged is lost.",
                                        STOP_LIMIT_MILLIS);
                                Runtime.getRuntime().halt(EXIT_FAILED);
                            }
                        });
        LOG.info("Stopping");
        server.close();
        guard.interrupt();
        LOG.info("Stopped");
    }

    private static void exitAtEndOfInput() {
        try {
            while (System.in.read() >= 0) {
                // Only the end matters.
            }
        } catch (IOException e) {
            LOG.debug("Standard input ended with an error, which is an end too", e);
        }
        System.exit(0);
    }
}
