package io.millrace.training.run;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrainingRunSpec;
import io.millrace.codec.ResourceReader;
import io.millrace.codec.ResourceWriter;
import io.millrace.codec.json.JsonMap;
import io.millrace.process.Folders;
import io.millrace.spi.TrainingPlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is kept of a run: the plan, what was reported, what was printed, and its models. Only {@link
 * #trainer} is written by the trainer, which is not trusted.
 *
 * @param home its folder
 */
record RunFolder(Path home) {

    private static final int COPIED_AT_ONCE = 1 << 20;

    /** Where the trainer works: its checkpoints, what it writes. */
    Path trainer() {
        return home.resolve("trainer");
    }

    /** What the trainer is told; it cannot change it, so that the next one is told the same. */
    Path job() {
        return home.resolve("job.json");
    }

    /** The piece of a live stream that is learned from now; the trainer may read it. */
    Path piece() {
        return home.resolve("piece");
    }

    Path journal() {
        return home.resolve("events.jsonl");
    }

    Path output() {
        return home.resolve("output.log");
    }

    /** The process that works on it, for a server that comes after a crash. */
    Path process() {
        return home.resolve("trainer.pid");
    }

    /** Whether a trainer has left something to go on from. */
    boolean hasCheckpoint() {
        return Files.exists(trainer().resolve("checkpoints").resolve("last.npz"));
    }

    private Path models() {
        return home.resolve("model");
    }

    /** Where the files of one version of its model are. */
    Path model(long version) {
        return models().resolve(Long.toString(version));
    }

    void save(TrainingPlan plan) throws IOException {
        Folders.createPrivate(home);
        write("definition.json", ResourceWriter.specJson(Kind.MODEL_DEFINITION, plan.definition()));
        write("dataset.json", ResourceWriter.specJson(Kind.DATASET, plan.dataset()));
        write("run.json", ResourceWriter.specJson(Kind.TRAINING_RUN, plan.spec()));
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("project", plan.run().project().value());
        facts.put("name", plan.run().name().value());
        facts.put("uid", plan.uid());
        facts.put("definitionGeneration", plan.definitionGeneration());
        facts.put("datasetGeneration", plan.datasetGeneration());
        write("plan.json", JsonMap.write(facts)); // the last: it says that the others are there
    }

    void saveJob(String job) throws IOException {
        write("job.json", job);
    }

    /** Whether a run is in it. */
    boolean isComplete() {
        return Files.isRegularFile(home.resolve("plan.json"));
    }

    TrainingPlan load() throws IOException {
        JsonMap facts = JsonMap.parse(read("plan.json"));
        return new TrainingPlan(
                ResourceKey.of(
                        Kind.TRAINING_RUN,
                        new ProjectId(facts.text("project")),
                        facts.text("name")),
                facts.text("uid"),
                (TrainingRunSpec) spec(Kind.TRAINING_RUN, "run.json"),
                (ModelDefinitionSpec) spec(Kind.MODEL_DEFINITION, "definition.json"),
                facts.number("definitionGeneration"),
                (DatasetSpec) spec(Kind.DATASET, "dataset.json"),
                facts.number("datasetGeneration"));
    }

    /**
     * Takes a file over from the trainer as part of a version of the model: what is kept is a copy,
     * for the trainer, which may live on, may hold its own file open.
     *
     * @return false when there is no such plain file
     */
    boolean take(Path file, long version, String name) throws IOException {
        Path source = file.toAbsolutePath().normalize();
        if (!source.startsWith(trainer()) || source.equals(trainer())) {
            return false;
        }
        Files.createDirectories(model(version));
        try (SecureDirectoryStream<Path> from = secure(trainer());
                SecureDirectoryStream<Path> to = secure(model(version))) {
            return take(from, trainer().relativize(source), to, Path.of(name));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
    }

    /** Goes down folder by folder, each held open: the trainer, which lives, exchanges none. */
    private static boolean take(
            SecureDirectoryStream<Path> from, Path file, SecureDirectoryStream<Path> to, Path name)
            throws IOException {
        if (file.getNameCount() > 1) {
            Path first = file.getName(0);
            if (!attributes(from, first).isDirectory()) {
                return false;
            }
            try (SecureDirectoryStream<Path> below =
                    from.newDirectoryStream(first, LinkOption.NOFOLLOW_LINKS)) {
                return take(below, file.subpath(1, file.getNameCount()), to, name);
            }
        }
        if (!attributes(from, file).isRegularFile()) {
            return false;
        }
        Path taken = Path.of(name + ".taken");
        from.move(file, to, taken);
        try {
            // Looked at again: in its new place nobody exchanges it.
            BasicFileAttributes facts = attributes(to, taken);
            if (facts.isRegularFile()) {
                copy(to, taken, name, facts.size());
            }
            return facts.isRegularFile();
        } finally {
            to.deleteFile(taken);
        }
    }

    /** At most so many bytes: whoever still writes adds nothing. Holes cost nothing here either. */
    private static void copy(SecureDirectoryStream<Path> in, Path from, Path to, long size)
            throws IOException {
        var buffer = ByteBuffer.allocate(COPIED_AT_ONCE);
        var zeros = ByteBuffer.allocate(COPIED_AT_ONCE);
        try (SeekableByteChannel source =
                        in.newByteChannel(from, Set.of(READ, LinkOption.NOFOLLOW_LINKS));
                SeekableByteChannel target = in.newByteChannel(to, Set.of(WRITE, CREATE_NEW))) {
            long at = 0;
            while (at < size) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
                if (source.read(buffer) < 0) {
                    return; // it was made shorter meanwhile
                }
                buffer.flip();
                boolean isHole = at + buffer.limit() < size && isZero(buffer, zeros);
                at += buffer.limit();
                if (isHole) {
                    target.position(at);
                } else {
                    write(target, buffer);
                }
            }
        }
    }

    private static boolean isZero(ByteBuffer bytes, ByteBuffer zeros) {
        return bytes.mismatch(zeros.clear().limit(bytes.limit())) < 0;
    }

    private static void write(SeekableByteChannel target, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            var _ = target.write(bytes);
        }
    }

    private static BasicFileAttributes attributes(SecureDirectoryStream<Path> folder, Path name)
            throws IOException {
        return folder.getFileAttributeView(
                        name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }

    @SuppressWarnings("StreamResourceLeak") // who asks for it closes it
    private static SecureDirectoryStream<Path> secure(Path folder) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(folder);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        stream.close();
        throw new IOException("folders of this system cannot be held open: " + folder);
    }

    /** Removes versions that nobody asks for any more; the one before the last may be in use. */
    void forgetModelsBefore(long version) throws IOException {
        if (!Files.isDirectory(models())) {
            return;
        }
        try (Stream<Path> versions = Files.list(models())) {
            for (Path each : versions.toList()) {
                if (Long.parseLong(models().relativize(each).toString()) < version) {
                    Folders.delete(each);
                }
            }
        }
    }

    private Object spec(Kind kind, String file) throws IOException {
        return ResourceReader.readSpec(kind, file, read(file));
    }

    private String read(String file) throws IOException {
        return Files.readString(home.resolve(file));
    }

    private void write(String file, String text) throws IOException {
        Path partial = home.resolve(file + ".partial");
        Files.writeString(partial, text);
        Files.move(
                partial,
                home.resolve(file),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
