package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the one ONNX file of what was uploaded: alone, at the root or in a folder. */
final class OnnxFolder {

    private static final String EXTENSION = ".onnx";
    private static final String MAC_RESOURCES = "__MACOSX";
    private static final String MAC_SHADOW = "._";
    private static final int MAX_DEPTH = 8;
    private static final int MAX_NAMES_SHOWN = 5;

    private OnnxFolder() {}

    static Path find(Path unpacked) {
        if (Files.isRegularFile(unpacked, LinkOption.NOFOLLOW_LINKS)) {
            return unpacked;
        }
        List<Path> models = models(unpacked);
        return switch (models.size()) {
            case 1 -> models.getFirst();
            case 0 ->
                    throw MillraceException.invalid(
                            "not an ONNX model: expected one file that ends in "
                                    + EXTENSION
                                    + ", found "
                                    + contents(unpacked));
            default ->
                    throw MillraceException.invalid(
                            "expected one ONNX model, found "
                                    + models.size()
                                    + ": "
                                    + names(unpacked, models.stream())
                                    + "; upload each as a model or version of its own");
        };
    }

    /** Whether what lies beside the file came with it. */
    static boolean hasFolder(Path model) {
        return isNamedOnnx(model);
    }

    private static boolean isNamedOnnx(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(EXTENSION);
    }

    private static List<Path> models(Path unpacked) {
        try (Stream<Path> files = Files.walk(unpacked, MAX_DEPTH)) {
            return files.filter(OnnxFolder::isNamedOnnx)
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !isMacResource(unpacked.relativize(file)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static boolean isMacResource(Path relative) {
        for (Path part : relative) {
            if (part.toString().equals(MAC_RESOURCES) || part.toString().startsWith(MAC_SHADOW)) {
                return true;
            }
        }
        return false;
    }

    private static String contents(Path unpacked) {
        try (Stream<Path> files = Files.walk(unpacked, MAX_DEPTH)) {
            String names = names(unpacked, files.filter(Files::isRegularFile));
            return names.isEmpty() ? "no file at all" : names;
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static String names(Path unpacked, Stream<Path> files) {
        List<String> names =
                files.map(file -> Messages.shorten(unpacked.relativize(file).toString()))
                        .sorted()
                        .limit(MAX_NAMES_SHOWN + 1L)
                        .toList();
        return names.stream().limit(MAX_NAMES_SHOWN).collect(Collectors.joining(", "))
                + (names.size() > MAX_NAMES_SHOWN ? ", …" : "");
    }
}
