package io.millrace.inference;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The last telling line that a process printed, however much it printed. */
final class OutputTail {

    private static final int MAX_LENGTH = 300;
    private static final int END_WAIT_MILLIS = 500;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String last = "";

    /** Reads until the process closes its output. */
    void follow(Process process) {
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
            var line = new StringBuilder();
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c == '\n') {
                    keep(line.toString());
                    line.setLength(0);
                } else if (line.length() < MAX_LENGTH) {
                    line.append((char) c);
                }
            }
            keep(line.toString());
        } catch (IOException e) {
            // The process was ended while being read: what was kept so far is the tail.
            keep("");
        } finally {
            ended.countDown();
        }
    }

    /** Call it after the process ended. */
    String text() {
        try {
            if (!ended.await(END_WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
                return last;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return last;
    }

    /** A crashing JVM ends with lines that begin with # and help nobody here. */
    private void keep(String line) {
        String plain = line.strip();
        if (!plain.isEmpty() && !plain.startsWith("#") && !plain.startsWith("[")) {
            last = plain;
        }
    }
}
