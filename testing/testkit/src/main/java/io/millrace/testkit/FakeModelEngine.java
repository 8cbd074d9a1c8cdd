package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * An engine whose models are text files named {@code model.fake} with properties:
 *
 * <ul>
 *   <li>{@code width}: numbers of a row, 2 when absent
 *   <li>{@code poison}: a value that fails
 *   <li>{@code batch=false}: two rows at once fail
 *   <li>{@code load=crash|hang|heap|memory|refuse|environment}: what happens when it is loaded
 * </ul>
 */
public final class FakeModelEngine implements ModelEngine {

    /** The file that makes a folder a model. */
    public static final String FILE = "model.fake";

    private final List<FakeModel> loaded = new CopyOnWriteArrayList<>();

    @Override
    public String framework() {
        return "fake";
    }

    @Override
    public String version() {
        return "fake-1";
    }

    /** All models loaded by this engine, oldest first. */
    public List<FakeModel> loaded() {
        return List.copyOf(loaded);
    }

    @Override
    public Path locate(Path unpacked) {
        Path file = unpacked.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw MillraceException.invalid("not a fake model: expected the file " + FILE);
        }
        return file;
    }

    @Override
    public LoadedModel load(Path artifact) {
        var properties = new Properties();
        try (var in = Files.newInputStream(artifact)) {
            properties.load(in);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + artifact, e);
        }
        misbehave(properties.getProperty("load", ""));
        var model =
                new FakeModel(
                        Integer.parseInt(properties.getProperty("width", "2")),
                        Float.parseFloat(properties.getProperty("poison", "NaN")),
                        Boolean.parseBoolean(properties.getProperty("batch", "true")));
        loaded.add(model);
        return model;
    }

    private static void misbehave(String how) {
        switch (how) {
            case "crash" -> crash();
            case "hang" -> hang();
            case "heap" -> fill(true);
            case "memory" -> fill(false);
            case "refuse" -> throw MillraceException.invalid("this fake model refuses to load");
            case "environment" ->
                    throw MillraceException.invalid(
                            "environment: " + String.join(" ", System.getenv().keySet()));
            default -> {
                // It behaves.
            }
        }
    }

    /** Ends the process as native engines do: by a signal, without Java having a say. */
    @SuppressWarnings("restricted")
    private static void crash() {
        var linker = Linker.nativeLinker();
        var abort =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("abort"), FunctionDescriptor.ofVoid());
        try {
            abort.invokeExact();
        } catch (Throwable e) {
            throw MillraceException.internal("abort() returned", e);
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
                kept.add(new byte[1 << 20]);
            } else {
                kept.add(
                        java.lang.foreign.Arena.global()
                                .allocate(1 << 20)
                                .fill((byte) kept.size()));
            }
        }
    }
}
