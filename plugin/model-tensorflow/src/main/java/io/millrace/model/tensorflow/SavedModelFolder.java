package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the one folder that holds a SavedModel, flat or nested. */
final class SavedModelFolder {

    static final String GRAPH_FILE = "saved_model.pb";

    private static final String MAC_RESOURCES = "__MACOSX";
    private static final Pattern VERSION = Pattern.compile("[0-9]{1,40}");
    private static final int MAX_DEPTH = 8;
    private static final int MAX_NAMES_SHOWN = 5;

    private SavedModelFolder() {}

    static Path find(Path unpacked) {
        List<Path> folders = foldersWithGraph(unpacked);
        return switch (folders.size()) {
            case 1 -> folders.getFirst();
            case 0 ->
                    throw MillraceException.invalid(
                            "not a SavedModel: expected a folder with "
                                    + GRAPH_FILE
                                    + " and variables/, found "
                                    + contents(unpacked));
            default ->
                    newest(folders)
                            .orElseThrow(() ->
                                    MillraceException.invalid(
                                            "expected one SavedModel, found "
                                                    + folders.size()
                                                    + ": "
                                                    + folders.stream()
                                                            .limit(MAX_NAMES_SHOWN)
                                                            .map(f -> relative(unpacked, f))
                                                            .collect(Collectors.joining(", "))));
        };
    }

    /** Exports beside each other, each under the number of its version: the highest counts. */
    private static Optional<Path> newest(List<Path> folders) {
        Path parent = folders.getFirst().getParent();
        boolean areVersions =
                folders.stream()
                        .allMatch(folder ->
                                Objects.equals(folder.getParent(), parent)
                                        && VERSION.matcher(nameOf(folder)).matches());
        return areVersions
                ? folders.stream().max(Comparator.comparing(f -> new BigInteger(nameOf(f))))
                : Optional.empty();
    }

    private static String nameOf(Path folder) {
        return String.valueOf(folder.getFileName());
    }

    private static List<Path> foldersWithGraph(Path unpacked) {
        try (Stream<Path> files = Files.walk(unpacked, MAX_DEPTH)) {
            return files.filter(file -> file.endsWith(GRAPH_FILE))
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !isMacResource(unpacked.relativize(file)))
                    .map(Path::getParent)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static boolean isMacResource(Path relative) {
        for (Path part : relative) {
            if (part.toString().equals(MAC_RESOURCES)) {
                return true;
            }
        }
        return false;
    }

    private static String contents(Path unpacked) {
        try (Stream<Path> files = Files.walk(unpacked, MAX_DEPTH)) {
            List<String> names =
                    files.filter(Files::isRegularFile)
                            .map(file -> relative(unpacked, file))
                            .sorted()
                            .limit(MAX_NAMES_SHOWN + 1L)
                            .toList();
            if (names.isEmpty()) {
                return "no file at all";
            }
            return names.size() <= MAX_NAMES_SHOWN
                    ? String.join(", ", names)
                    : String.join(", ", names.subList(0, MAX_NAMES_SHOWN)) + ", …";
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the unpacked model", e);
        }
    }

    private static String relative(Path unpacked, Path file) {
        String text = unpacked.relativize(file).toString();
        return text.isEmpty() ? "." : text;
    }
}
