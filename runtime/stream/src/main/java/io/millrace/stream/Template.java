package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TopicTemplate;
import io.millrace.spi.GatheringSink;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.stream.dead.Origin;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
     * Reads the template of a topic for a pipeline.
     *
     * @param answers learns which fields of answers are needed
     * @throws MillraceException {@code INVALID} when it names what does not exist
     */
    static Template parse(String text, ResourceKey pipeline, SliceAnswers answers) {
        return of(
                TopicTemplate.parse(text), pipeline, new Holes("the destination", false, answers));
    }

    /**
     * Reads a template that is filled in before there is an answer.
     *
     * @param what it gives, as messages begin
     * @throws MillraceException {@code INVALID} when it names what does not exist
     */
    static Template ofInput(String text, ResourceKey pipeline, String what) {
        return of(TopicTemplate.parse(text), pipeline, new Holes(what, false, null));
    }

    /**
     * Reads the template of a bucket's name or of a key.
     *
     * @param what it gives, as messages begin
     * @param isBatch whether it names an object with several answers
     * @param answers learns which fields of answers are needed
     * @throws MillraceException {@code INVALID} when it names what does not exist
     */
    static Template ofObject(
            String text, ResourceKey pipeline, String what, boolean isBatch, SliceAnswers answers) {
        return of(TopicTemplate.ofObject(text), pipeline, new Holes(what, isBatch, answers));
    }

    private static Template of(TopicTemplate template, ResourceKey pipeline, Holes holes) {
        var parts = new ArrayList<Part>();
        for (TopicTemplate.Part part : template.in(pipeline).parts()) {
            parts.add(
                    switch (part) {
                        case TopicTemplate.Literal(String literal) -> new Literal(literal);
                        case TopicTemplate.HeaderValue(String name) -> holes.header(name);
                        case TopicTemplate.Capture(String name) -> holes.capture(name);
                        case TopicTemplate.AnswerValue value -> holes.answer(value);
                        case TopicTemplate.Hole hole -> holes.hole(hole);
                    });
        }
        return new Template(List.copyOf(parts));
    }

    /**
     * The text for a record.
     *
     * @throws MillraceException {@code INVALID} when record or answer lack what is named
     */
    String expand(LogRecord record, AnswerText answer) {
        if (parts.size() == 1) {
            return parts.getFirst().text(record, answer);
        }
        var out = new StringBuilder();
        for (Part part : parts) {
            out.append(part.text(record, answer));
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

    /** How the holes of one template are filled. */
    private record Holes(String what, boolean isBatch, @Nullable SliceAnswers answers) {

        Part header(String name) {
            return new HeaderValue(name, what + " needs the header '" + name + "'");
        }

        Part capture(String name) {
            return new HeaderValue(
                    HeaderNames.CAPTURE_PREFIX + name,
                    what + " needs the level {" + name + "} of the topic");
        }

        /**
         * A level of the sender's topic that has the name comes first, as before there were others.
         */
        private Part unlessCaptured(String name, Part otherwise) {
            return new FirstOf(HeaderNames.CAPTURE_PREFIX + name, otherwise);
        }

        Part answer(TopicTemplate.AnswerValue value) {
            SliceAnswers known = answers;
            if (known == null) {
                if (value.isLabel()) {
                    return capture(value.name());
                }
                throw MillraceException.invalid(
                        what
                                + " cannot hold {answer."
                                + value.name()
                                + "}: there is no answer yet");
            }
            var field = new AnswerField(known.field(value.name()), what);
            return value.isLabel() ? unlessCaptured(value.name(), field) : field;
        }

        Part hole(TopicTemplate.Hole hole) {
            return switch (hole) {
                case TOPIC -> new SenderTopic();
                case BUCKET ->
                        unlessCaptured(
                                "bucket",
                                new HeaderValue(
                                        HeaderNames.OBJECT_BUCKET,
                                        what + " needs the bucket of the record's object"));
                case KEY -> unlessCaptured("key", new ObjectKey(what));
                case PARTITION -> isBatch ? new Partition() : new FirstPartition();
                case OFFSET -> isBatch ? new Literal(GatheringSink.OFFSETS) : new FirstOffset();
                case DATE -> new Day();
                case PROJECT, PIPELINE ->
                        throw MillraceException.internal(hole + " is not filled in", null);
            };
        }
    }

    private sealed interface Part {
        String text(LogRecord record, AnswerText answer);
    }

    private record Literal(String text) implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            return text;
        }
    }

    private record SenderTopic() implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            return senderTopic(record);
        }
    }

    private record HeaderValue(String name, String need) implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            String value = Header.find(record.headers(), name);
            if (value == null || value.isEmpty()) {
                throw MillraceException.invalid(need + ", which the record does not have");
            }
            return value;
        }
    }

    private record FirstOf(String header, Part otherwise) implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            String value = Header.find(record.headers(), header);
            return value == null || value.isEmpty() ? otherwise.text(record, answer) : value;
        }
    }

    private record AnswerField(int field, String what) implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            try {
                return answer.text(field);
            } catch (MillraceException e) {
                throw new MillraceException(e.code(), what + ": " + e.text(), e);
            }
        }
    }

    /** The key of the object; of a record that is about none its own, when that is text. */
    private record ObjectKey(String what) implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            String value = Header.find(record.headers(), HeaderNames.OBJECT_KEY);
            if (value != null && !value.isEmpty()) {
                return value;
            }
            byte[] key = record.key();
            if (key == null || key.length == 0) {
                throw MillraceException.invalid(
                        what + " needs a key, and the record has none and is about no object");
            }
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
            } catch (CharacterCodingException _) {
                throw MillraceException.invalid(
                        what + " needs a key that is text, and the record's is not UTF-8");
            }
        }
    }

    /** With its topic: the numbers of partitions and offsets of two topics are often the same. */
    private record Partition() implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            return record.partition().topic() + "-" + record.partition().index();
        }
    }

    /** Where it was read first, so that a record that is tried again has the name that it had. */
    private record FirstPartition() implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            String position = Origin.position(record);
            return position.substring(0, position.lastIndexOf('/')).replace('/', '-');
        }
    }

    private record FirstOffset() implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            String position = Origin.position(record);
            return position.substring(position.lastIndexOf('/') + 1);
        }
    }

    private record Day() implements Part {
        @Override
        public String text(LogRecord record, AnswerText answer) {
            return LocalDate.ofInstant(
                            Instant.ofEpochMilli(record.timestampMillis()), ZoneOffset.UTC)
                    .toString();
        }
    }
}
