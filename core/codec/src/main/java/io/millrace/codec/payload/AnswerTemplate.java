package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.Suggestion;
import io.millrace.api.TopicPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An answer as text with holes: {@code {"LSTM": {{output[0]}}}}. The one reading of that grammar.
 *
 * <p>A template whose first character is one of <code>{ [ "</code> is JSON, and has to be valid
 * with its holes filled. There, a text that fills a hole between quotes is escaped, and one that
 * fills a hole elsewhere gets quotes of its own. Any other template is plain text, in which texts
 * stand as they are.
 */
public final class AnswerTemplate {

    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";
    private static final String OUTPUT = "output";
    private static final String FIELD = "field.";
    private static final String HEADER = "header.";
    private static final String CAPTURE = "capture.";
    private static final int MAX_INDEX_DIGITS = 9;
    private static final List<String> WORDS =
            List.of(OUTPUT, "label", "confidence", "index", "model", "version");
    private static final List<String> PREFIXES = List.of("field", "header", "capture");
    private static final String KNOWN =
            "a template may hold {{output}}, {{output[0]}}, {{label}}, {{confidence}}, {{index}},"
                    + " {{model}}, {{version}}, {{field.NAME}}, {{header.NAME}} and the names that"
                    + " the data source's topic gives its levels";

    private final List<Part> parts;

    private AnswerTemplate(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /** A piece of a template. */
    sealed interface Part {}

    /** Text as it stands. */
    record Literal(String text) implements Part {}

    /** Numbers of the output: all, or those that indices leave. */
    record Output(List<Integer> path) implements Part {
        String shown() {
            var text = new StringBuilder(OUTPUT);
            path.forEach(index -> text.append('[').append(index).append(']'));
            return text.toString();
        }
    }

    /** Numbers that have a name of their own. */
    enum Figure implements Part {
        /** The place of the largest element. */
        INDEX,
        /** The largest element. */
        CONFIDENCE,
        /** The version that answered. */
        VERSION
    }

    /**
     * A text.
     *
     * @param what it is
     * @param name of the field, header or level; empty for the others
     * @param quoting what it needs where it stands
     */
    record TextHole(What what, String name, Quoting quoting) implements Part {}

    /** Texts that there are. */
    enum What {
        LABEL,
        MODEL,
        FIELD,
        HEADER,
        CAPTURE
    }

    /** What the place of a text asks for. */
    enum Quoting {
        /** Stands in JSON outside of quotes. */
        WHOLE,
        /** Stands in JSON between quotes. */
        INSIDE,
        /** Stands in plain text. */
        NONE
    }

    /**
     * Reads a template.
     *
     * @throws MillraceException {@code INVALID}, with the place of what is wrong
     */
    public static AnswerTemplate parse(String text) {
        return new AnswerTemplate(new Parser(text).parse());
    }

    /** What is wrong with a template; empty when nothing is. */
    public static Optional<String> problem(String text) {
        try {
            AnswerTemplate _ = parse(text);
            return Optional.empty();
        } catch (MillraceException e) {
            return Optional.of(e.text());
        }
    }

    List<Part> parts() {
        return parts;
    }

    /** The names of levels of the sender's topic that it needs, in order, each once. */
    public List<String> captures() {
        return parts.stream()
                .filter(part -> part instanceof TextHole hole && hole.what() == What.CAPTURE)
                .map(part -> ((TextHole) part).name())
                .distinct()
                .toList();
    }

    /** Whether payloads of a format have fields that an answer can repeat. */
    public static boolean canReadFields(DecodeSpec.Format format) {
        return format == DecodeSpec.Format.JSON || format == DecodeSpec.Format.MSGPACK;
    }

    /** Whether it names the label of an element. */
    public boolean needsLabels() {
        return has(What.LABEL);
    }

    /** Whether it copies fields of the input. */
    public boolean needsFields() {
        return has(What.FIELD);
    }

    private boolean has(What what) {
        return parts.stream().anyMatch(part -> part instanceof TextHole h && h.what() == what);
    }

    /** Reads once from left to right and remembers whether it is between quotes. */
    private static final class Parser {
        private final String text;
        private final boolean isJson;
        private final List<Part> parts = new ArrayList<>();

        /** The template with harmless values in its holes, each character in its place. */
        private final StringBuilder filled = new StringBuilder();

        private boolean isQuoted;
        private boolean isEscaped;

        Parser(String text) {
            this.text = text;
            String begin = text.stripLeading();
            this.isJson =
                    !begin.startsWith(OPEN)
                            && !begin.isEmpty()
                            && "{[\"".indexOf(begin.charAt(0)) >= 0;
        }

        List<Part> parse() {
            int at = 0;
            boolean hasHole = false;
            while (true) {
                int open = text.indexOf(OPEN, at);
                literal(text.substring(at, open < 0 ? text.length() : open));
                if (open < 0) {
                    break;
                }
                int close = text.indexOf(CLOSE, open + OPEN.length());
                if (close < 0) {
                    throw wrong(open, "a '{{' needs its '}}'");
                }
                at = close + CLOSE.length();
                hole(text.substring(open + OPEN.length(), close).strip(), open, at - open);
                hasHole = true;
            }
            if (!hasHole) {
                throw MillraceException.invalid(
                        "the template has no hole such as {{output[0]}}, so that all answers would"
                                + " be the same");
            }
            if (isJson) {
                checkJson();
            }
            return parts;
        }

        private void literal(String piece) {
            if (piece.isEmpty()) {
                return;
            }
            parts.add(new Literal(piece));
            filled.append(piece);
            for (int i = 0; i < piece.length(); i++) {
                char c = piece.charAt(i);
                if (isEscaped) {
                    isEscaped = false;
                } else if (isQuoted && c == '\\') {
                    isEscaped = true;
                } else if (c == '"') {
                    isQuoted = !isQuoted;
                }
            }
        }

        private void hole(String name, int place, int length) {
            Part part = part(name, place);
            parts.add(part);
            if (isJson && isQuoted) {
                filled.repeat('x', length);
            } else {
                boolean isText = part instanceof TextHole hole && hole.what() != What.FIELD;
                filled.append(isText ? "\"\"" : "0 ").repeat(' ', length - 2);
            }
        }

        private Part part(String name, int place) {
            return switch (name) {
                case OUTPUT -> new Output(List.of());
                case "index" -> Figure.INDEX;
                case "confidence" -> Figure.CONFIDENCE;
                case "version" -> Figure.VERSION;
                case "label" -> text(What.LABEL, "");
                case "model" -> text(What.MODEL, "");
                default -> {
                    if (name.startsWith(OUTPUT + "[")) {
                        yield output(name, place);
                    }
                    yield named(name, place);
                }
            };
        }

        private Part named(String name, int place) {
            if (isLongerThan(FIELD, name)) {
                return text(What.FIELD, name.substring(FIELD.length()));
            }
            if (isLongerThan(HEADER, name)) {
                return text(What.HEADER, name.substring(HEADER.length()));
            }
            String level = isLongerThan(CAPTURE, name) ? name.substring(CAPTURE.length()) : name;
            if (TopicPattern.problem("{" + level + "}").isEmpty()) {
                return text(What.CAPTURE, level);
            }
            throw wrong(place, "unknown hole {{" + shorten(name) + "}}; " + hint(name));
        }

        private static boolean isLongerThan(String prefix, String name) {
            return name.startsWith(prefix) && name.length() > prefix.length();
        }

        private static String hint(String name) {
            String word = word(name);
            String rest = name.substring(word.length());
            return Suggestion.nearest(word, rest.startsWith(".") ? PREFIXES : WORDS)
                    .filter(meant -> !rest.isEmpty() && !meant.equals(word))
                    .map(meant -> "did you mean {{" + meant + shorten(rest) + "}}?")
                    .orElse(KNOWN);
        }

        /** What stands before a dot or bracket. */
        private static String word(String name) {
            int end = 0;
            while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
                end++;
            }
            return name.substring(0, end);
        }

        private TextHole text(What what, String name) {
            Quoting quoting = !isJson ? Quoting.NONE : isQuoted ? Quoting.INSIDE : Quoting.WHOLE;
            return new TextHole(what, name, quoting);
        }

        private Output output(String name, int place) {
            var path = new ArrayList<Integer>();
            int at = OUTPUT.length();
            while (at < name.length()) {
                int close = name.indexOf(']', at);
                String digits =
                        name.charAt(at) == '[' && close > 0 ? name.substring(at + 1, close) : "";
                boolean isIndex =
                        !digits.isEmpty()
                                && digits.length() <= MAX_INDEX_DIGITS
                                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
                if (!isIndex) {
                    throw wrong(
                            place,
                            "{{"
                                    + shorten(name)
                                    + "}} needs whole numbers from 0 in brackets, as"
                                    + " {{output[0]}} or {{output[1][2]}}");
                }
                path.add(Integer.parseInt(digits));
                at = close + 1;
            }
            return new Output(List.copyOf(path));
        }

        private void checkJson() {
            byte[] json = filled.toString().getBytes(StandardCharsets.UTF_8);
            var scanner = new JsonScanner();
            scanner.start(json);
            try {
                scanner.skip();
            } catch (MillraceException e) {
                throw MillraceException.invalid(
                        "the template begins as JSON, and is none with its holes filled: "
                                + e.text());
            }
            if (scanner.peek() >= 0) {
                throw MillraceException.invalid(
                        "the template begins as JSON, and more follows the JSON value at byte "
                                + scanner.position());
            }
        }

        private static MillraceException wrong(int place, String what) {
            return MillraceException.invalid(what + " (at character " + (place + 1) + ")");
        }

        private static String shorten(String name) {
            return name.length() <= 40 ? name : name.substring(0, 40) + "…";
        }
    }
}
