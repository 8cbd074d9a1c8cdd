package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import io.millrace.api.MillraceException;
import io.millrace.spi.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;

/** Samples that are easy to learn: four floats, of which the one at the label's place is large. */
final class NpySamples implements SampleStore {

    static final int CLASSES = 4;

    private final Path folder;
    private final int count;
    private Optional<MillraceException> fault = Optional.empty();
    private final Deque<Integer> pieces = new ConcurrentLinkedDeque<>();
    final Deque<String> followedFrom = new ConcurrentLinkedDeque<>();
    final Deque<String> released = new ConcurrentLinkedDeque<>();

    NpySamples(Path folder, int count) {
        this.folder = folder;
        this.count = count;
    }

    /** Nothing is laid down any more. */
    void failing(MillraceException why) {
        fault = Optional.of(why);
    }

    /** What a live stream will bring: pieces of so many samples each. */
    NpySamples bringing(int... sizes) {
        for (int size : sizes) {
            pieces.add(size);
        }
        return this;
    }

    @Override
    public RunSamples prepare(TrainingPlan plan, Consumer<String> progress) {
        fault.ifPresent(why -> {
            throw why;
        });
        progress.accept("half of the samples are there");
        int train = count * 8 / 10;
        int test = count / 10;
        try {
            Files.createDirectories(folder);
            write(folder, 0, count);
            rows("train.npy", 0, train);
            rows("test.npy", train, train + test);
            rows("validation.npy", train + test, count);
            array(
                    folder.resolve("unlabelled_x.npy"),
                    "<f4",
                    "(" + count + ", 4)",
                    inputs(0, count));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RunSamples(
                folder,
                plan.dataset(),
                train,
                count - train - test,
                test,
                count,
                List.of("north", "east", "south", "west"),
                Map.of("records", Integer.toString(count)),
                List.of("nothing was left out"));
    }

    @Override
    public void release(TrainingPlan plan) {
        released.add(plan.uid());
    }

    @Override
    public LiveSamples follow(TrainingPlan plan, String position) {
        followedFrom.add(position);
        return new LiveSamples() {
            private int next = position.isEmpty() ? 0 : Integer.parseInt(position);

            @Override
            public Optional<LivePiece> next(Duration patience) {
                Integer size = pieces.poll();
                if (size == null) {
                    return Optional.empty();
                }
                try {
                    Path piece = Files.createDirectories(folder.resolve("piece"));
                    write(piece, next, next + size);
                    next += size;
                    return Optional.of(new LivePiece(piece, size, Integer.toString(next)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public Optional<DatasetSpec> dataset() {
                return Optional.of(plan.dataset());
            }

            @Override
            public void close() {}
        };
    }

    private static void write(Path folder, int from, int to) throws IOException {
        int size = to - from;
        array(folder.resolve("x.npy"), "<f4", "(" + size + ", 4)", inputs(from, to));
        byte[] labels = new byte[size];
        for (int i = 0; i < size; i++) {
            labels[i] = (byte) label(from + i);
        }
        array(folder.resolve("y.npy"), "|u1", "(" + size + ",)", ByteBuffer.wrap(labels));
    }

    private static int label(int row) {
        return (row * 7 + row / 11) % CLASSES;
    }

    private static ByteBuffer inputs(int from, int to) {
        ByteBuffer inputs = ByteBuffer.allocate((to - from) * 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = from; row < to; row++) {
            for (int i = 0; i < CLASSES; i++) {
                inputs.putFloat((i == label(row) ? 2f : 0f) + (row * 31 + i * 17) % 10 / 20f);
            }
        }
        return inputs.flip();
    }

    private void rows(String file, int from, int to) throws IOException {
        ByteBuffer rows = ByteBuffer.allocate((to - from) * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = from; row < to; row++) {
            rows.putLong(row);
        }
        array(folder.resolve(file), "<i8", "(" + (to - from) + ",)", rows.flip());
    }

    private static void array(Path file, String type, String shape, ByteBuffer data)
            throws IOException {
        String header =
                "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
        int length = (10 + header.length() + 1 + 63) / 64 * 64;
        header = header + " ".repeat(length - 10 - header.length() - 1) + "\n";
        ByteBuffer all =
                ByteBuffer.allocate(length + data.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        all.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        all.putShort((short) header.length());
        all.put(header.getBytes(StandardCharsets.ISO_8859_1));
        all.put(data);
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        Files.write(partial, all.array());
        Files.move(partial, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
}
