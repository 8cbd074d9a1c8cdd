package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs models of TensorFlow Lite in the process. Making one loads nothing native: that happens with
 * the first model whose file is sound.
 */
public final class TfliteEngine implements ModelEngine {

    /** The name under which models ask for it. */
    public static final String FRAMEWORK = "tflite";

    /** Raise the last number whenever the checks of files refuse more. */
    private static final String VERSION = "tflite-2.20.0-2";

    /** The kernels want constants aligned; the file aligns them from its own start. */
    private static final int ALIGNMENT = 64;

    private static final long MAX_BYTES = Integer.MAX_VALUE;

    /** Idle interpreters of a model hold about this much, one for each core in any case. */
    private static final long KEPT_BYTES = 64L << 20;

    private static final int MAX_KEPT = 32;

    @Override
    public String framework() {
        return FRAMEWORK;
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public Path locate(Path unpacked) {
        return TfliteFiles.find(unpacked);
    }

    @Override
    public LoadedModel load(Path artifact) {
        Arena arena = Arena.ofShared();
        boolean isLoaded = false;
        try {
            MemorySegment data = read(artifact, arena);
            List<Binding> bindings = inspect(data);
            NativeModel model = NativeModel.open(arena, data, bindings);
            isLoaded = true;
            return serve(bindings, new LanePool(model, kept(data.byteSize())));
        } finally {
            if (!isLoaded) {
                arena.close();
            }
        }
    }

    /**
     * What the file says about itself, looked through without anything native.
     *
     * @throws MillraceException {@code INVALID} and nothing else, whatever the file holds
     */
    static List<Binding> inspect(MemorySegment data) {
        TfliteFile file = FileReader.read(data);
        GraphCheck.check(file);
        return Binding.of(file);
    }

    /** An operator that the runtime does not have shows with the first interpreter. */
    private static LoadedModel serve(List<Binding> bindings, LanePool lanes) {
        try {
            for (Binding binding : bindings) {
                lanes.giveBack(lanes.take(binding, List.of()), true);
            }
            return new TfliteModel(bindings, lanes);
        } catch (RuntimeException | Error e) {
            lanes.close();
            throw e;
        }
    }

    private static int kept(long fileBytes) {
        int cores = Runtime.getRuntime().availableProcessors();
        return Math.clamp(KEPT_BYTES / fileBytes, cores, Math.max(cores, MAX_KEPT));
    }

    private static MemorySegment read(Path artifact, Arena arena) {
        try (FileChannel channel = FileChannel.open(artifact)) {
            long bytes = channel.size();
            if (bytes > MAX_BYTES) {
                throw MillraceException.invalid(
                        "the .tflite file has " + bytes + " bytes; at most 2 GiB are served");
            }
            MemorySegment data = arena.allocate(bytes, ALIGNMENT);
            ByteBuffer buffer = data.asByteBuffer();
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw Flatbuffer.damaged("it became shorter while it was read");
                }
            }
            return data;
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + artifact.getFileName(), e);
        }
    }
}
