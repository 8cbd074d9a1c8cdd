package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Weights that lie in files beside the model. A model may name any path, and ONNX Runtime has names
 * of its own for addresses in memory: only files within the model's folder pass.
 */
final class ExternalData {

    /** In ONNX Runtime's own locations, which stand for memory: the offset is an address then. */
    private static final String MEMORY_MARK = "*";

    /** What stands for bytes that are no text: the file system may read them otherwise. */
    private static final String NO_TEXT = "\uFFFD";

    /** What fits into a {@code long} for certain. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private final Path model;

    /** Length of each file that has been checked. */
    private final Map<String, Long> lengths = new HashMap<>();

    private @Nullable Path folder;

    ExternalData(Path model) {
        this.model = model;
    }

    /**
     * Checks one tensor.
     *
     * @param tensor its name, for the message
     * @param entries the keys {@code location}, {@code offset} and {@code length}
     * @param bytes how many the tensor takes
     */
    void check(String tensor, Map<String, String> entries, long bytes) {
        String location = entries.getOrDefault("location", "");
        long length = lengths.computeIfAbsent(location, name -> fileLength(tensor, name));
        long offset = number(tensor, entries, "offset", 0);
        long claimed = number(tensor, entries, "length", bytes);
        long needed = Math.max(claimed, bytes);
        if (offset > length || needed > length - offset) {
            throw refused(
                    tensor,
                    "takes %d bytes from byte %d of '%s', which has %d"
                            .formatted(needed, offset, Messages.shorten(location), length));
        }
    }

    private static long number(
            String tensor, Map<String, String> entries, String key, long otherwise) {
        String text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        if (!NUMBER.matcher(text).matches()) {
            throw refused(tensor, "has the " + key + " '" + Messages.shorten(text) + "'");
        }
        return Long.parseLong(text);
    }

    private long fileLength(String tensor, String location) {
        if (!OnnxFolder.hasFolder(model)) {
            throw refused(
                    tensor,
                    "lies in '"
                            + Messages.shorten(location)
                            + "', which was not uploaded; upload a zip of the model and its data");
        }
        Path file = inside(tensor, location);
        try {
            Path folder = folder();
            if (!Files.isRegularFile(file)) {
                throw refused(
                        tensor,
                        "lies in '"
                                + Messages.shorten(location)
                                + "', which is not in the archive");
            }
            if (!file.toRealPath().startsWith(folder)) {
                throw leadsOut(tensor, location);
            }
            return Files.size(file);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the model's external data", e);
        }
    }

    private Path inside(String tensor, String location) {
        if (location.isEmpty()) {
            throw refused(tensor, "lies in a file that has no name");
        }
        if (location.contains(MEMORY_MARK) || location.contains(NO_TEXT)) {
            throw leadsOut(tensor, location);
        }
        try {
            Path relative = Path.of(location);
            if (relative.isAbsolute()) {
                throw leadsOut(tensor, location);
            }
            for (Path part : relative) {
                if (part.toString().equals("..")) {
                    throw leadsOut(tensor, location);
                }
            }
            return folder().resolve(relative);
        } catch (InvalidPathException e) {
            throw leadsOut(tensor, location);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private Path folder() throws IOException {
        Path known = folder;
        if (known == null) {
            known = model.resolveSibling(".").toRealPath();
            folder = known;
        }
        return known;
    }

    private static MillraceException leadsOut(String tensor, String location) {
        return refused(
                tensor,
                "lies in '"
                        + Messages.shorten(location)
                        + "', which leads out of the model; name a file beside it");
    }

    private static MillraceException refused(String tensor, String why) {
        return MillraceException.invalid(
                "external data of the tensor '" + Messages.shorten(tensor) + "' " + why);
    }
}
