package io.millrace.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A topic with holes that each record fills: {@code {project}}, {@code {pipeline}}, {@code
 * {topic}}, {@code {header.NAME}}, {@code {bucket}} and {@code {key}} of the object that the record
 * is about, {@code {label}} and {@code {answer.NAME}} of a JSON answer, and any other name for the
 * level of the sender's topic that a {@link TopicPattern} gives that name. Places in a store of
 * objects may also hold {@code {partition}}, {@code {offset}} and {@code {date}}. The one reading
 * of that grammar.
 *
 * <p>A level that the sender's topic calls {@code bucket}, {@code key} or {@code label} comes
 * before what these words mean otherwise.
 *
 * @param parts in order; never two literals in a row
 */
public record TopicTemplate(List<Part> parts) {

    private static final String HEADER = "header.";
    private static final String ANSWER = "answer.";
    private static final String LABEL = "label";
    private static final String KNOWN =
            "a topic may hold {project}, {pipeline}, {topic}, {header.NAME}, {bucket}, {key},"
                    + " {label}, {answer.NAME} and the names that the data source's topic gives"
                    + " its levels";

    public TopicTemplate {
        parts = List.copyOf(parts);
    }

    /** A piece of a topic. */
    public sealed interface Part {}

    /** Text as it stands. */
    public record Literal(String text) implements Part {}

    /** What a header of the record says. */
    public record HeaderValue(String name) implements Part {}

    /** What stood in the named level of the topic that the record had at its sender. */
    public record Capture(String name) implements Part {}

    /** What the answer, a JSON object, says under a name at its top. */
    public record AnswerValue(String name) implements Part {
        /** Whether it is written as {@code {label}} too, which a level's name comes before. */
        public boolean isLabel() {
            return name.equals(LABEL);
        }
    }

    /** What needs no further name. */
    public enum Hole implements Part {
        /** The pipeline's project. */
        PROJECT,
        /** The pipeline's name. */
        PIPELINE,
        /** The topic that the record had at its sender. */
        TOPIC,
        /** The bucket of the object that the record is about. */
        BUCKET,
        /** The key of the object that the record is about; else the record's own key. */
        KEY,
        /** The partition of the log that the record was read from. */
        PARTITION,
        /** Where in the partition it was read. */
        OFFSET,
        /** The day of the record, in UTC: {@code 2026-11-20}. */
        DATE
    }

    /**
     * Reads a topic.
     *
     * @throws MillraceException {@code INVALID} when a brace has no partner or a name is unknown
     */
    public static TopicTemplate parse(String text) {
        return parse(text, false);
    }

    /**
     * Reads the name of a bucket or a key of its objects.
     *
     * @throws MillraceException {@code INVALID} when a brace has no partner or a name is unknown
     */
    public static TopicTemplate ofObject(String text) {
        return parse(text, true);
    }

    private static TopicTemplate parse(String text, boolean isObject) {
        var parts = new ArrayList<Part>();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf('{', at);
            int close = text.indexOf('}', at);
            if (open < 0 && close < 0) {
                break;
            }
            int next = open < 0 ? -1 : text.indexOf('{', open + 1);
            if (open < 0 || close < open || (next >= 0 && next < close)) {
                throw MillraceException.invalid(
                        "a '{' in a topic needs its '}' and the other way round; " + KNOWN);
            }
            addText(parts, text.substring(at, open));
            String name = text.substring(open + 1, close);
            parts.add(isObject ? holeOfObject(name) : hole(name));
            at = close + 1;
        }
        addText(parts, text.substring(at));
        return new TopicTemplate(parts);
    }

    /** What is wrong with a topic that is to be read; empty when nothing is. */
    public static Optional<String> problem(String text) {
        return problem(text, false);
    }

    /** What is wrong with the name of a bucket or a key; empty when nothing is. */
    public static Optional<String> problemOfObject(String text) {
        return problem(text, true);
    }

    private static Optional<String> problem(String text, boolean isObject) {
        try {
            var _ = parse(text, isObject);
            return Optional.empty();
        } catch (MillraceException e) {
            return Optional.of(e.text());
        }
    }

    private static void addText(List<Part> parts, String text) {
        if (text.isEmpty()) {
            return;
        }
        if (!parts.isEmpty() && parts.getLast() instanceof Literal(String before)) {
            parts.removeLast();
            parts.add(new Literal(before + text));
        } else {
            parts.add(new Literal(text));
        }
    }

    private static Part holeOfObject(String name) {
        return switch (name) {
            case "partition" -> Hole.PARTITION;
            case "offset" -> Hole.OFFSET;
            case "date" -> Hole.DATE;
            default -> hole(name);
        };
    }

    private static Part hole(String name) {
        return switch (name) {
            case "project" -> Hole.PROJECT;
            case "pipeline" -> Hole.PIPELINE;
            case "topic" -> Hole.TOPIC;
            case "bucket" -> Hole.BUCKET;
            case "key" -> Hole.KEY;
            case LABEL -> new AnswerValue(LABEL);
            default -> {
                if (name.startsWith(ANSWER) && name.length() > ANSWER.length()) {
                    yield new AnswerValue(name.substring(ANSWER.length()));
                }
                if (name.startsWith(HEADER) && name.length() > HEADER.length()) {
                    yield new HeaderValue(name.substring(HEADER.length()));
                }
                if (isName(name)) {
                    yield new Capture(name);
                }
                throw MillraceException.invalid("unknown template {" + name + "}; " + hint(name));
            }
        };
    }

    private static String hint(String name) {
        int dot = name.indexOf('.');
        return dot <= 0 || dot == name.length() - 1
                ? KNOWN
                : Suggestion.nearest(name.substring(0, dot), List.of("header", "answer"))
                        .map(word -> "did you mean {" + word + name.substring(dot) + "}?")
                        .orElse(KNOWN);
    }

    private static boolean isName(String text) {
        return TopicPattern.problem("{" + text + "}").isEmpty();
    }

    /** The names of levels that it needs, in order, each once. */
    public List<String> captures() {
        return parts.stream()
                .filter(Capture.class::isInstance)
                .map(part -> ((Capture) part).name())
                .distinct()
                .toList();
    }

    /**
     * What is wrong with the names of levels when only these are given; a name that nobody gives is
     * most often a misspelt one.
     *
     * @param given the names that the sender's topic has
     */
    public Optional<String> unknownCapture(Collection<String> given) {
        var known =
                new ArrayList<>(List.of("project", "pipeline", "topic", "bucket", "key", LABEL));
        known.addAll(given);
        return captures().stream()
                .filter(name -> !given.contains(name))
                .findFirst()
                .map(name ->
                        "unknown template {"
                                + name
                                + "}; "
                                + Suggestion.nearest(name, known)
                                        .map(word -> "did you mean {" + word + "}?")
                                        .orElse(KNOWN));
    }

    /** The template with all filled in that a pipeline's own name says. */
    public TopicTemplate in(ResourceKey pipeline) {
        var filled = new ArrayList<Part>();
        for (Part part : parts) {
            switch (part) {
                case Literal(String text) -> addText(filled, text);
                case Hole.PROJECT -> addText(filled, pipeline.project().value());
                case Hole.PIPELINE -> addText(filled, pipeline.name().value());
                case Hole _ -> filled.add(part);
                case HeaderValue _ -> filled.add(part);
                case Capture _ -> filled.add(part);
                case AnswerValue _ -> filled.add(part);
            }
        }
        return new TopicTemplate(filled);
    }

    /** The whole topic when nothing of it depends on the record. */
    public Optional<String> fixed() {
        return parts.size() == 1 && parts.getFirst() instanceof Literal(String text)
                ? Optional.of(text)
                : Optional.empty();
    }
}
