package io.millrace.testkit;

import io.millrace.api.MillraceException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;

/** What a bad model does to its process. */
final class Misbehaviour {

    private static final int MEBIBYTE = 1 << 20;
    private static final int LINES = 200_000;

    private Misbehaviour() {}

    /** Does it; returns when it is survived. */
    static void of(String how) {
        switch (how) {
            case "crash" -> callC("abort", FunctionDescriptor.ofVoid());
            case "segfault" ->
                    callC(
                            "strlen",
                            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                            MemorySegment.ofAddress(8));
            case "exit" -> callC("_exit", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT), 0);
            case "hang" -> hang();
            case "heap" -> fill(true);
            case "memory" -> fill(false);
            case "shout" -> shout();
            case "throw" -> throw new IllegalStateException("this fake model throws");
            case "refuse" -> throw MillraceException.invalid("this fake model refuses to load");
            case "environment" ->
                    throw MillraceException.invalid(
                            "environment: " + String.join(" ", System.getenv().keySet()));
            default -> {
                // It behaves.
            }
        }
    }

    /** Ends the process as native engines do, without Java having a say. */
    @SuppressWarnings("restricted")
    private static void callC(String function, FunctionDescriptor types, Object... arguments) {
        var linker = Linker.nativeLinker();
        var handle = linker.downcallHandle(linker.defaultLookup().findOrThrow(function), types);
        try {
            handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw MillraceException.internal(function + "() returned", e);
        }
    }

    private static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void fill(boolean isHeap) {
        var kept = new ArrayList<Object>();
        while (kept.size() < 100_000) {
            if (isHeap) {
                kept.add(new byte[MEBIBYTE]);
            } else {
                kept.add(Arena.global().allocate(MEBIBYTE).fill((byte) kept.size()));
            }
        }
    }

    private static void shout() {
        byte[] line = "this fake model has much to say\n".getBytes(StandardCharsets.UTF_8);
        try (var out = new FileOutputStream(FileDescriptor.out)) {
            for (int i = 0; i < LINES; i++) {
                out.write(line);
            }
        } catch (IOException e) {
            throw MillraceException.internal("nobody listens", e);
        }
    }
}
