package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * A destination with holes: {@code {project}}, {@code {pipeline}}, {@code {topic}} and {@code
 * {header.x}}. Read once; what does not depend on the record is filled in then.
 */
final class Template {

    private static final String HEADER = "header.";

    private final List<Part> parts;

    private Template(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * Reads a template for a pipeline.
     *
     * @throws MillraceException {@code INVALID} when it names what does not exist
     */
    static Template parse(String text, ResourceKey pipeline) {
        var parts = new ArrayList<Part>();
        var literal = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf('{', at);
            if (open < 0) {
                literal.append(text, at, text.length());
                break;
            }
            int close = text.indexOf('}', open);
            if (close < 0) {
                throw MillraceException.invalid(
                        "the destination '%s' has a '{' without '}'".formatted(text));
            }
            literal.append(text, at, open);
            String name = text.substring(open + 1, close);
            switch (name) {
                case "project" -> literal.append(pipeline.project());
                case "pipeline" -> literal.append(pipeline.name());
                default -> {
                    flush(literal, parts);
                    parts.add(ofRecord(name, text));
                }
            }
            at = close + 1;
        }
        flush(literal, parts);
        return new Template(List.copyOf(parts));
    }

    private static void flush(StringBuilder literal, List<Part> parts) {
        if (!literal.isEmpty()) {
            parts.add(new Literal(literal.toString()));
            literal.setLength(0);
        }
    }

    private static Part ofRecord(String name, String text) {
        if (name.equals("topic")) {
            return new SenderTopic();
        }
        if (name.startsWith(HEADER) && name.length() > HEADER.length()) {
            return new HeaderValue(name.substring(HEADER.length()));
        }
        throw MillraceException.invalid(
                "the destination '%s' names {%s}; there are {project}, {pipeline}, {topic} and {header.NAME}"
                        .formatted(text, name));
    }

    /**
     * The destination of a record.
     *
     * @throws MillraceException {@code INVALID} when the record lacks a header that is named
     */
    String expand(LogRecord record) {
        if (parts.size() == 1) {
            return parts.getFirst().text(record);
        }
        var out = new StringBuilder();
        for (Part part : parts) {
            out.append(part.text(record));
        }
        return out.toString();
    }

    /** The topic at the sender's side, or that of the log when the record names none. */
    static String senderTopic(LogRecord record) {
        String topic = Header.find(record.headers(), HeaderNames.TOPIC);
        return topic == null ? record.partition().topic() : topic;
    }

    private sealed interface Part {
        String text(LogRecord record);
    }

    private record Literal(String text) implements Part {
        @Override
        public String text(LogRecord record) {
            return text;
        }
    }

    private record SenderTopic() implements Part {
        @Override
        public String text(LogRecord record) {
            return senderTopic(record);
        }
    }

    private record HeaderValue(String name) implements Part {
        @Override
        public String text(LogRecord record) {
            String value = Header.find(record.headers(), name);
            if (value == null || value.isEmpty()) {
                throw MillraceException.invalid(
                        "the destination needs the header '%s', which the record does not have"
                                .formatted(name));
            }
            return value;
        }
    }
}
