package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the one model file in an unpacked archive. */
final class TfliteFiles {

    private static final String ENDING = ".tflite";
    private static final String MAC_RESOURCES = "__MACOSX";

    /** What Macs put beside each file. */
    private static final String MAC_PREFIX = "._";

    private static final int MAX_DEPTH = 8;
    private static final int IDENTIFIER_END = 8;
    private static final int MAX_NAMES_SHOWN = 5;

    private TfliteFiles() {}

    static Path find(Path unpacked) {
        List<Path> files = files(unpacked);
        List<Path> models = files.stream().filter(TfliteFiles::isNamedModel).toList();
        if (models.isEmpty() && files.size() == 1 && isModel(files.getFirst())) {
            return files.getFirst();
        }
        return switch (models.size()) {
            case 1 -> models.getFirst();
            case 0 ->
                    throw MillraceException.invalid(
                            "not a TensorFlow Lite model: expected one file *"
                                    + ENDING
                                    + ", found "
                                    + (files.isEmpty()
                                            ? "no file at all"
                                            : names(unpacked, files)));
            default ->
                    throw MillraceException.invalid(
                            "expected one file *"
                                    + ENDING
                                    + ", found "
                                    + models.size()
                                    + ": "
                                    + names(unpacked, models));
        };
    }

    private static boolean isNamedModel(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(ENDING);
    }

    /** A file that was uploaded as it is may have any name. */
    private static boolean isModel(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(IDENTIFIER_END);
            return new String(start, StandardCharsets.ISO_8859_1).endsWith(FileReader.IDENTIFIER);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static List<Path> files(Path unpacked) {
        try (Stream<Path> found = Files.walk(unpacked, MAX_DEPTH)) {
            return found.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !isMacResource(unpacked.relativize(file)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static boolean isMacResource(Path relative) {
        for (Path part : relative) {
            if (part.toString().equals(MAC_RESOURCES) || part.toString().startsWith(MAC_PREFIX)) {
                return true;
            }
        }
        return false;
    }

    private static String names(Path unpacked, List<Path> files) {
        String shown =
                files.stream()
                        .limit(MAX_NAMES_SHOWN)
                        .map(file -> unpacked.relativize(file).toString())
                        .collect(Collectors.joining(", "));
        return files.size() > MAX_NAMES_SHOWN ? shown + ", …" : shown;
    }
}
