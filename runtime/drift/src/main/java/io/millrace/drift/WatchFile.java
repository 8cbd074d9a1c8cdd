package io.millrace.drift;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.DriftReport.Facts;
import io.millrace.spi.DriftReport.FeatureDrift;
import io.millrace.spi.DriftReport.State;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the watching of one version, in one file: magic, format, content, checksum. Written
 * beside the old one and moved over it, so that one of the two is always whole.
 */
final class WatchFile {

    private static final int MAGIC = 0x4d524446; // MRDF
    private static final int FORMAT = 1;
    private static final int CHECKSUM_BYTES = Long.BYTES;
    private static final int MOST_TENSORS = 10_000;

    private WatchFile() {}

    /** Writes it, durably. */
    static void write(Path file, VersionWatch.Memory memory) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeInt(FORMAT);
            write(out, memory);
            out.flush();
            var checksum = new CRC32C();
            checksum.update(bytes.toByteArray());
            out.writeLong(checksum.getValue());
            out.flush();
            replace(file, bytes.toByteArray());
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep what was seen in " + file, e);
        }
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Files.createDirectories(file.getParent());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out =
                FileChannel.open(
                        fresh,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            out.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Reads it.
     *
     * @return null when there is none
     * @throws MillraceException {@code INTERNAL} when it is damaged
     */
    static VersionWatch.@Nullable Memory read(Path file) {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            byte[] bytes = Files.readAllBytes(file);
            int length = bytes.length - CHECKSUM_BYTES;
            var checksum = new CRC32C();
            checksum.update(bytes, 0, Math.max(0, length));
            if (length < 0 || ByteBuffer.wrap(bytes).getLong(length) != checksum.getValue()) {
                throw new IOException("the checksum is wrong");
            }
            try (var in = new DataInputStream(new ByteArrayInputStream(bytes, 0, length))) {
                if (in.readInt() != MAGIC || in.readInt() != FORMAT) {
                    throw new IOException("it is of another format");
                }
                return read(in);
            }
        } catch (IOException e) {
            throw MillraceException.internal("%s is damaged: %s".formatted(file, e), e);
        }
    }

    private static void write(DataOutputStream out, VersionWatch.Memory memory) throws IOException {
        out.writeUTF(memory.signature().name());
        write(out, memory.signature().inputs());
        write(out, memory.signature().outputs());
        out.writeBoolean(memory.isReferenceFull());
        memory.reference().write(out);
        memory.window().write(out);
        out.writeUTF(memory.state().name());
        out.writeUTF(memory.message());
        out.writeLong(memory.windows());
        out.writeInt(memory.above().size());
        for (int streak : memory.above()) {
            out.writeInt(streak);
        }
        out.writeInt(memory.calm());
        writeLast(out, memory.last());
    }

    private static VersionWatch.Memory read(DataInputStream in) throws IOException {
        var signature = new Signature(in.readUTF(), specs(in), specs(in));
        List<Feature> features = FeatureLayout.of(signature).features();
        boolean isReferenceFull = in.readBoolean();
        Sketches reference = Sketches.read(features, in);
        Sketches window = Sketches.read(features, in);
        State state = State.valueOf(in.readUTF());
        String message = in.readUTF();
        long windows = in.readLong();
        int count = in.readInt();
        if (count != features.size()) {
            throw new IOException(
                    "it is of %d features, expected %d".formatted(count, features.size()));
        }
        var above = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            above.add(in.readInt());
        }
        int calm = in.readInt();
        return new VersionWatch.Memory(
                signature,
                isReferenceFull,
                reference,
                window,
                state,
                message,
                windows,
                above,
                calm,
                last(in, features));
    }

    private static void writeLast(DataOutputStream out, List<FeatureDrift> last)
            throws IOException {
        out.writeInt(last.size());
        for (FeatureDrift feature : last) {
            out.writeDouble(feature.distance());
            out.writeDouble(feature.limit());
            out.writeInt(feature.above());
            out.writeDouble(feature.outside());
            write(out, feature.reference());
            write(out, feature.window());
        }
    }

    private static List<FeatureDrift> last(DataInputStream in, List<Feature> features)
            throws IOException {
        int count = in.readInt();
        if (count != 0 && count != features.size()) {
            throw new IOException(
                    "its last window is of %d features, expected %d"
                            .formatted(count, features.size()));
        }
        var last = new ArrayList<FeatureDrift>();
        for (int i = 0; i < count; i++) {
            last.add(
                    new FeatureDrift(
                            features.get(i).part(),
                            features.get(i).name(),
                            in.readDouble(),
                            in.readDouble(),
                            in.readInt(),
                            in.readDouble(),
                            facts(in),
                            facts(in)));
        }
        return List.copyOf(last);
    }

    private static void write(DataOutputStream out, Facts facts) throws IOException {
        out.writeLong(facts.count());
        out.writeDouble(facts.mean());
        out.writeDouble(facts.variance());
        out.writeDouble(facts.min());
        out.writeDouble(facts.max());
        out.writeLong(facts.notFinite());
    }

    private static Facts facts(DataInputStream in) throws IOException {
        return new Facts(
                in.readLong(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble(),
                in.readLong());
    }

    private static void write(DataOutputStream out, List<TensorSpec> specs) throws IOException {
        out.writeInt(specs.size());
        for (TensorSpec spec : specs) {
            out.writeUTF(spec.name());
            out.writeUTF(spec.type().name());
            out.writeInt(spec.shape().rank());
            for (int axis = 0; axis < spec.shape().rank(); axis++) {
                out.writeLong(spec.shape().extent(axis));
            }
        }
    }

    private static List<TensorSpec> specs(DataInputStream in) throws IOException {
        var specs = new ArrayList<TensorSpec>();
        int count = bounded(in.readInt());
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            DataType type = DataType.valueOf(in.readUTF());
            var extents = new long[bounded(in.readInt())];
            for (int axis = 0; axis < extents.length; axis++) {
                extents[axis] = in.readLong();
            }
            specs.add(new TensorSpec(name, type, Shape.of(extents)));
        }
        return specs;
    }

    private static int bounded(int count) throws IOException {
        if (count < 0 || count > MOST_TENSORS) {
            throw new IOException("it holds a count of " + count);
        }
        return count;
    }
}
