package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Opens what people keep samples in. */
public final class SampleFiles {

    /** The label of pictures is the name of their folder. */
    public static final String FOLDER = "folder";

    private SampleFiles() {}

    /**
     * Opens a CSV file, a file of {@code numpy.savez} or a folder with a folder of pictures for
     * each class.
     *
     * @param label the column or array with labels; empty for a usual one
     * @param type of the numbers of a CSV file; the others say theirs
     * @param isAvro whether samples are written as Avro records instead of plain numbers
     * @throws MillraceException {@code INVALID} when it is none of these
     */
    public static SampleSource open(Path path, String label, NumberType type, boolean isAvro)
            throws IOException {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (Files.isDirectory(path)) {
            if (!label.isEmpty() && !label.equals(FOLDER)) {
                throw MillraceException.invalid(
                        "the label of pictures is the name of their folder: expected --label folder, got "
                                + label);
            }
            ImageFolderSource source = ImageFolderSource.open(path);
            return isAvro ? avro(source, source.encoding(), List.of(), "label") : source;
        }
        if (!Files.isReadable(path)) {
            throw MillraceException.invalid(path + " is not there or cannot be read");
        }
        if (name.endsWith(".npz")) {
            NpzSource source = NpzSource.open(path, label);
            return isAvro ? avro(source, source.encoding(), List.of(), "label") : source;
        }
        if (name.endsWith(".csv")) {
            CsvSource source = CsvSource.open(path, label, type);
            return isAvro
                    ? avro(source, source.encoding(), source.inputs(), source.labelName())
                    : source;
        }
        throw MillraceException.invalid(
                path + " is no file of samples: expected .csv, .npz or a folder of pictures");
    }

    private static SampleSource avro(
            SampleSource source, Encoding.Raw from, List<String> fields, String label)
            throws IOException {
        try {
            return AvroSource.of(source, from, fields, label);
        } catch (RuntimeException e) {
            try (source) {
                throw e;
            }
        }
    }
}
