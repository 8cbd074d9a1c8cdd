package io.millrace.codec;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The table of wrong resources: a title, the text, and after {@code =>} what must be told. */
final class BadResources {

    private BadResources() {}

    record Case(String title, String text, List<String> expected) {
        @Override
        public String toString() {
            return title;
        }
    }

    static List<Case> all() {
        var cases = new ArrayList<Case>();
        for (String block :
                Pattern.compile("(?m)^## ").splitAsStream(resource("bad-resources.txt")).toList()) {
            if (block.isBlank()) {
                continue;
            }
            var expected = new ArrayList<String>();
            var text = new StringBuilder();
            List<String> lines = block.lines().toList();
            for (String line : lines.subList(1, lines.size())) {
                if (line.startsWith("=> ")) {
                    expected.add(line.substring(3));
                } else {
                    text.append(line).append('\n');
                }
            }
            cases.add(new Case(lines.getFirst(), text.toString(), List.copyOf(expected)));
        }
        return cases;
    }

    static String resource(String name) {
        try (InputStream in = BadResources.class.getResourceAsStream(name)) {
            if (in == null) {
                throw MillraceException.internal("no test resource " + name, null);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + name, e);
        }
    }
}
