package io.millrace.security;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.Names;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** How a secret stands in its file: a line for the format, then a name and its value in Base64. */
final class SecretFile {
    private static final String FIRST_LINE = "millrace-secret 1";

    private SecretFile() {}

    static byte[] format(Map<String, String> values) {
        if (values.isEmpty()) {
            throw MillraceException.invalid(
                    "a secret needs at least one value, such as user and password");
        }
        var text = new StringBuilder(FIRST_LINE).append('\n');
        new TreeMap<>(values)
                .forEach((name, value) -> {
                    Names.problem("the name of a value", name, Names.MAX_NAME_LENGTH)
                            .ifPresent(problem -> {
                                throw MillraceException.invalid(problem);
                            });
                    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
                    text.append(name).append(' ');
                    text.append(Base64.getEncoder().encodeToString(bytes)).append('\n');
                });
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Says where it is damaged and never what stands there. */
    static Map<String, String> parse(Path file, byte[] content) {
        String[] lines = new String(content, StandardCharsets.UTF_8).split("\n", -1);
        if (!lines[0].equals(FIRST_LINE)) {
            throw damaged(file, 1);
        }
        var values = new LinkedHashMap<String, String>();
        for (int i = 1; i < lines.length - 1; i++) {
            int space = lines[i].indexOf(' ');
            if (space <= 0) {
                throw damaged(file, i + 1);
            }
            try {
                byte[] value = Base64.getDecoder().decode(lines[i].substring(space + 1));
                values.put(lines[i].substring(0, space), new String(value, StandardCharsets.UTF_8));
            } catch (IllegalArgumentException _) {
                throw damaged(file, i + 1);
            }
        }
        return values;
    }

    private static MillraceException damaged(Path file, int line) {
        return new MillraceException(
                ErrorCode.INTERNAL,
                "the file of the secret %s is damaged in line %d; set the secret again"
                        .formatted(file, line));
    }
}
