package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The operations that a served model may have; the list beside this class says how it was made. */
final class AllowedOperations {

    private static final String LIST = "allowed-operations.txt";
    private static final Set<String> NAMES = read();

    private AllowedOperations() {}

    static boolean contains(String operation) {
        return NAMES.contains(operation);
    }

    static Set<String> names() {
        return NAMES;
    }

    private static Set<String> read() {
        try (InputStream in =
                        Objects.requireNonNull(
                                AllowedOperations.class.getResourceAsStream(LIST), LIST);
                var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + LIST, e);
        }
    }
}
