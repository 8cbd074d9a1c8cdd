package io.millrace.codec.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The single files that are a whole model, and how to tell them apart. */
public enum ModelFile {
    ONNX("onnx", "model.onnx", ".onnx"),
    TFLITE("tflite", "model.tflite", ".tflite"),
    KERAS("keras", "model.keras", ".keras"),
    KERAS_H5("keras", "model.h5", ".h5"),
    SAVED_MODEL("tensorflow", "saved_model.pb", "saved_model.pb");

    /** How many bytes from the beginning of a file {@link #ofHead} can make use of. */
    public static final int HEAD_BYTES = 64;

    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final byte[] EMPTY_ZIP = {'P', 'K', 5, 6};
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    private static final byte[] TFLITE_IDENTIFIER = {'T', 'F', 'L', '3'};
    private static final int TFLITE_IDENTIFIER_AT = 4;
    private static final int ZIP_NAME_AT = 30;

    /** What a Keras file, which is a zip itself, begins with. */
    private static final List<String> KERAS_ENTRIES =
            List.of("metadata.json", "config.json", "model.weights.h5");

    private final String framework;
    private final String defaultName;
    private final String suffix;

    ModelFile(String framework, String defaultName, String suffix) {
        this.framework = framework;
        this.defaultName = defaultName;
        this.suffix = suffix;
    }

    /** The framework that a model of such a file names. */
    public String framework() {
        return framework;
    }

    /** What such a file is called where nobody has given it a name. */
    public String defaultName() {
        return defaultName;
    }

    /** Whether how such a file begins is a sure sign of it. */
    public boolean hasMark() {
        return switch (this) {
            case TFLITE, KERAS, KERAS_H5 -> true;
            case ONNX, SAVED_MODEL -> false;
        };
    }

    /** The kind of a file by its name; empty when the name does not say. */
    public static Optional<ModelFile> ofName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).filter(file -> lower.endsWith(file.suffix)).findFirst();
    }

    /** The kind of the only file of a model of some framework; empty when it has none. */
    public static Optional<ModelFile> ofFramework(String framework) {
        return Arrays.stream(values()).filter(f -> f.framework.equals(framework)).findFirst();
    }

    /**
     * The kind of a file by how it begins; empty when that does not say. Files of ONNX and of
     * SavedModels have no mark of their own and are told by their first field only.
     */
    public static Optional<ModelFile> ofHead(byte[] head) {
        if (startsWith(head, 0, HDF5)) {
            return Optional.of(KERAS_H5);
        }
        if (startsWith(head, TFLITE_IDENTIFIER_AT, TFLITE_IDENTIFIER)) {
            return Optional.of(TFLITE);
        }
        if (isZip(head) && KERAS_ENTRIES.contains(firstEntry(head))) {
            return Optional.of(KERAS);
        }
        if (head.length >= 2 && head[0] == 8) { // field 1, a number: the version of the format
            return head[1] == 1 ? Optional.of(SAVED_MODEL) : Optional.of(ONNX);
        }
        return Optional.empty();
    }

    /** Whether a file is a zip, by how it begins; a Keras file is one, too. */
    public static boolean isZip(byte[] head) {
        return startsWith(head, 0, ZIP) || startsWith(head, 0, EMPTY_ZIP);
    }

    /** Whether a file is compressed with gzip, as {@code .tar.gz} is. */
    public static boolean isGzip(byte[] head) {
        return startsWith(head, 0, GZIP);
    }

    private static String firstEntry(byte[] head) {
        if (head.length < ZIP_NAME_AT) {
            return "";
        }
        int length = (head[26] & 0xff) | (head[27] & 0xff) << 8;
        int end = Math.min(head.length, ZIP_NAME_AT + length);
        return new String(head, ZIP_NAME_AT, end - ZIP_NAME_AT, StandardCharsets.UTF_8);
    }

    private static boolean startsWith(byte[] head, int at, byte[] mark) {
        return head.length >= at + mark.length
                && Arrays.equals(head, at, at + mark.length, mark, 0, mark.length);
    }
}
