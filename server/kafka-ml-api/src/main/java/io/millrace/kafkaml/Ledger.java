package io.millrace.kafkaml;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What resources do not say: which number each thing was given, which results were deleted, and
 * what was deployed for inference, also after it was stopped. A file that is replaced as a whole.
 */
final class Ledger {

    /** What has numbers. */
    enum Series {
        MODEL,
        CONFIGURATION,
        RESULT,
        INFERENCE,
        DATASOURCE
    }

    private static final String IDS = "ids";
    private static final String NEXT = "next";
    private static final String DELETED = "deleted";
    private static final String INFERENCES = "inferences";

    private final Path file;
    private final ObjectNode content;

    private Ledger(Path file, ObjectNode content) {
        this.file = file;
        this.content = content;
    }

    /**
     * Reads the file, or begins one.
     *
     * @throws MillraceException {@code INTERNAL} when it cannot be read
     */
    static Ledger open(Path file) {
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.toAbsolutePath().getParent());
                return new Ledger(file, JsonNodeFactory.instance.objectNode());
            }
            if (Body.JSON.readTree(Files.readString(file)) instanceof ObjectNode content) {
                return new Ledger(file, content);
            }
            throw damaged(file, null);
        } catch (IOException | JacksonException e) {
            throw damaged(file, e);
        }
    }

    private static MillraceException damaged(
            Path file, @org.jspecify.annotations.Nullable Exception cause) {
        return MillraceException.internal(
                "the file %s is damaged; put it back from a backup, or remove it: numbers are then given anew"
                        .formatted(file),
                cause);
    }

    /** The number of a thing: always the same for one uid. */
    synchronized int id(Series series, String uid) {
        ObjectNode ids = part(IDS, series);
        JsonNode known = ids.path(uid);
        if (known.isNumber()) {
            return known.asInt();
        }
        ObjectNode next = object(NEXT);
        int id = next.path(name(series)).asInt(1);
        ids.put(uid, id);
        next.put(name(series), id + 1);
        save();
        return id;
    }

    /** The uid of a number, if it was given. */
    synchronized Optional<String> uid(Series series, int id) {
        for (Map.Entry<String, JsonNode> entry : part(IDS, series).properties()) {
            if (entry.getValue().asInt() == id) {
                return Optional.of(entry.getKey());
            }
        }
        return Optional.empty();
    }

    /** Remembers that a result is not to be shown any more. */
    synchronized void delete(String resultUid) {
        object(DELETED).put(resultUid, true);
        save();
    }

    synchronized boolean isDeleted(String resultUid) {
        return object(DELETED).has(resultUid);
    }

    /** All that was deployed for inference, newest first. */
    synchronized List<ObjectNode> inferences() {
        var all = new ArrayList<ObjectNode>();
        for (JsonNode each : object(INFERENCES)) {
            all.addFirst((ObjectNode) each.deepCopy());
        }
        return all;
    }

    /** Adds one; it gets its number in {@code id}. */
    synchronized int addInference(ObjectNode inference) {
        int id =
                id(
                        Series.INFERENCE,
                        "inference-" + object(NEXT).path(name(Series.INFERENCE)).asInt(1));
        object(INFERENCES).set(Integer.toString(id), inference.deepCopy().put("id", id));
        save();
        return id;
    }

    /** Changes one; nothing happens when there is none. */
    synchronized void changeInference(int id, UnaryOperator<ObjectNode> change) {
        if (object(INFERENCES).get(Integer.toString(id)) instanceof ObjectNode found) {
            object(INFERENCES).set(Integer.toString(id), change.apply(found));
            save();
        }
    }

    synchronized void removeInference(int id) {
        object(INFERENCES).remove(Integer.toString(id));
        save();
    }

    private static String name(Series series) {
        return series.name().toLowerCase(Locale.ROOT);
    }

    private ObjectNode part(String name, Series series) {
        ObjectNode all = object(name);
        return all.get(name(series)) instanceof ObjectNode found
                ? found
                : all.putObject(name(series));
    }

    private ObjectNode object(String name) {
        return content.get(name) instanceof ObjectNode found ? found : content.putObject(name);
    }

    private void save() {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            next,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                var bytes =
                        java.nio.ByteBuffer.wrap(
                                content.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(
                    next,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw MillraceException.internal("the file " + file + " cannot be written", e);
        }
    }
}
