package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TopicTemplate;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link TopicTemplate} made ready to be filled in by records: what does not depend on them is in
 * its place already.
 */
final class Template {

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
        return parse(text, pipeline, "the destination");
    }

    /**
     * Reads a template for a pipeline.
     *
     * @param what it gives, as messages begin
     * @throws MillraceException {@code INVALID} when it names what does not exist
     */
    static Template parse(String text, ResourceKey pipeline, String what) {
        var parts = new ArrayList<Part>();
        for (TopicTemplate.Part part : TopicTemplate.parse(text).in(pipeline).parts()) {
            parts.add(
                    switch (part) {
                        case TopicTemplate.Literal(String literal) -> new Literal(literal);
                        case TopicTemplate.HeaderValue(String name) ->
                                new HeaderValue(name, what + " needs the header '" + name + "'");
                        case TopicTemplate.Capture(String name) ->
                                new HeaderValue(
                                        HeaderNames.CAPTURE_PREFIX + name,
                                        what + " needs the level {" + name + "} of the topic");
                        case TopicTemplate.Hole.TOPIC -> new SenderTopic();
                        case TopicTemplate.Hole hole ->
                                throw MillraceException.internal(hole + " is not filled in", null);
                        case TopicTemplate.AnswerValue(String name) ->
                                throw new MillraceException(
                                        io.millrace.api.ErrorCode.UNSUPPORTED,
                                        "{answer." + name + "} is not available yet");
                    });
        }
        return new Template(List.copyOf(parts));
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

    /** Whether every record has the same destination. */
    boolean isConstant() {
        return parts.stream().allMatch(Literal.class::isInstance);
    }

    /** The destination of every record, when they all have the same. */
    String text() {
        var out = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Literal(String literal)) {
                out.append(literal);
            }
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

    private record HeaderValue(String name, String need) implements Part {
        @Override
        public String text(LogRecord record) {
            String value = Header.find(record.headers(), name);
            if (value == null || value.isEmpty()) {
                throw MillraceException.invalid(need + ", which the record does not have");
            }
            return value;
        }
    }
}
