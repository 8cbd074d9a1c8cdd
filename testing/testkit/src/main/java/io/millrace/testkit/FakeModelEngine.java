package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An engine whose models are text files named {@code model.fake} with properties:
 *
 * <ul>
 *   <li>{@code width}: numbers of a row, 2 when absent
 *   <li>{@code poison}: a value that fails
 *   <li>{@code factor}: by what it multiplies, 2 when absent
 *   <li>{@code batch=false}: two rows at once fail
 *   <li>{@code load=crash|segfault|exit|hang|heap|memory|shout|throw|refuse|environment}: what
 *       happens when it is loaded
 *   <li>{@code run=...}: what happens when it is called, the same or one of the answers that {@link
 *       MisbehavingModel} gives
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
        Misbehaviour.of(properties.getProperty("load", ""));
        var model =
                new FakeModel(
                        Integer.parseInt(properties.getProperty("width", "2")),
                        Float.parseFloat(properties.getProperty("poison", "NaN")),
                        Boolean.parseBoolean(properties.getProperty("batch", "true")),
                        Float.parseFloat(properties.getProperty("factor", "2")));
        loaded.add(model);
        String run = properties.getProperty("run", "");
        return run.isEmpty() ? model : new MisbehavingModel(model, run);
    }
}
