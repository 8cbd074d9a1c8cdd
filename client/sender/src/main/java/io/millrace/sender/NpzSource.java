package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** Two arrays in a file of {@code numpy.savez}: samples and their labels. */
final class NpzSource implements SampleSource {

    private static final List<String> LABELS = List.of("y", "labels", "label", "target", "y_train");
    private static final List<String> DATA = List.of("x", "data", "images", "x_train", "X");

    private final ZipFile file;
    private final NpyReader data;
    private final NpyReader labels;
    private long given;

    private NpzSource(ZipFile file, NpyReader data, NpyReader labels) {
        this.file = file;
        this.data = data;
        this.labels = labels;
    }

    /**
     * Opens a file.
     *
     * @param label the name of the array with labels; empty for a common one
     */
    static NpzSource open(Path path, String label) throws IOException {
        var file = new ZipFile(path.toFile());
        try {
            var names = new TreeMap<String, ZipEntry>();
            file.stream()
                    .filter(entry -> entry.getName().endsWith(".npy"))
                    .forEach(entry ->
                            names.put(
                                    entry.getName().substring(0, entry.getName().length() - 4),
                                    entry));
            String labelName = choose(path, names, label.isEmpty() ? LABELS : List.of(label));
            var others = new TreeMap<>(names);
            others.remove(labelName);
            String dataName = others.size() == 1 ? others.firstKey() : choose(path, others, DATA);
            NpyReader data = array(path, file, names, dataName);
            NpyReader labels = array(path, file, names, labelName);
            if (data.rows() != labels.rows()) {
                throw MillraceException.invalid(
                        "%s: \"%s\" has %d samples and \"%s\" %d labels"
                                .formatted(path, dataName, data.rows(), labelName, labels.rows()));
            }
            return new NpzSource(file, data, labels);
        } catch (IOException | RuntimeException e) {
            try (file) {
                throw e;
            }
        }
    }

    private static String choose(Path path, Map<String, ZipEntry> names, List<String> wanted) {
        return wanted.stream()
                .filter(names::containsKey)
                .findFirst()
                .orElseThrow(() ->
                        MillraceException.invalid(
                                "%s has the arrays %s; expected one named %s (say which one holds the labels with --label)"
                                        .formatted(
                                                path,
                                                names.keySet(),
                                                String.join(" or ", wanted))));
    }

    private static NpyReader array(
            Path path, ZipFile file, Map<String, ZipEntry> names, String name) throws IOException {
        ZipEntry entry = Objects.requireNonNull(names.get(name));
        return NpyReader.open(
                path + ": " + name, new BufferedInputStream(file.getInputStream(entry), 1 << 16));
    }

    @Override
    public Encoding.Raw encoding() {
        return new Encoding.Raw(data.type(), data.rowShape(), labels.type(), labels.rowShape());
    }

    @Override
    public long count() {
        return data.rows();
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public @Nullable Sample next() throws IOException {
        if (given == data.rows()) {
            return null;
        }
        given++;
        return new Sample(labels.row(), data.row());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
