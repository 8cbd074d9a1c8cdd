package io.millrace.codec;

import io.millrace.codec.Node.Entry;
import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import io.millrace.codec.Node.ScalarType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Turns a text into located trees. What a hostile text can cost is limited: its length, its depth,
 * the number of documents, and the number of values when each alias is counted as what it stands
 * for.
 */
final class DocumentParser {

    static final int MAX_CHARACTERS = 8 << 20;
    static final int MAX_DEPTH = 40;
    static final int MAX_DOCUMENTS = 2_000;
    static final int MAX_NODES = 500_000;

    private static final JsonFactory JSON =
            JsonFactory.builder().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final YAMLFactory YAML =
            YAMLFactory.builder()
                    .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .loadSettings(
                            LoadSettings.builder()
                                    .setCodePointLimit(MAX_CHARACTERS + 1)
                                    .setAllowDuplicateKeys(true) // told here, with both lines
                                    .build())
                    .build();

    private static final Pattern STARTING_AT = Pattern.compile(" \\(for \\w+ starting at .*");
    private static final Pattern JSON_START = Pattern.compile("\\s*\\{\\s*\"");

    private final JsonParser parser;
    private final Problems problems;
    private final Map<String, Node> anchors = new HashMap<>();
    private final Set<String> openAnchors = new HashSet<>();
    private long nodes;

    /** The text, when it may hold anchors. */
    private final int[] codePoints;

    private DocumentParser(JsonParser parser, String text, Problems problems) {
        this.parser = parser;
        this.codePoints =
                parser instanceof YAMLParser && text.indexOf('&') >= 0
                        ? text.codePoints().toArray()
                        : new int[0];
        this.problems = problems;
    }

    /** A document and its number in the text, from 1. */
    record Document(int number, Node root) {}

    /** Reading cannot go on; the problem has been noted. */
    private static final class Stop extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** The documents of a text, as far as they can be read; what is wrong goes to the problems. */
    static List<Document> parse(String text, Problems problems) {
        if (text.length() > MAX_CHARACTERS) {
            problems.add(
                    new Position(1, 1),
                    "",
                    "the text has " + text.length() + " characters, allowed are " + MAX_CHARACTERS);
            return List.of();
        }
        if (!text.stripLeading().startsWith("{")) {
            return read(YAML, text, problems);
        }
        var asJson = new Problems("");
        List<Document> documents = read(JSON, text, asJson);
        if (!asJson.isEmpty() && !JSON_START.matcher(text).lookingAt()) {
            return read(YAML, text, problems); // a map in YAML's flow style
        }
        problems.addAll(asJson);
        return documents;
    }

    private static List<Document> read(TokenStreamFactory factory, String text, Problems problems) {
        var documents = new ArrayList<Document>();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), text)) {
            new DocumentParser(parser, text, problems).readAll(documents);
        } catch (JacksonException e) {
            problems.add(
                    positionOf(e.getLocation()),
                    "",
                    syntaxMessage(factory instanceof JsonFactory ? "JSON" : "YAML", e));
        } catch (Stop e) {
            return documents; // what stopped it is among the problems
        }
        return documents;
    }

    private void readAll(List<Document> documents) throws Stop {
        int number = 0;
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            number++;
            problems.enter(number);
            if (number > MAX_DOCUMENTS) {
                throw stop(here(), "", "more than " + MAX_DOCUMENTS + " documents in one text");
            }
            anchors.clear();
            openAnchors.clear();
            Node root = value(token, "", 0);
            if (!(root instanceof ScalarNode scalar && scalar.type() == ScalarType.NULL)) {
                documents.add(new Document(number, root));
            }
        }
    }

    private Node value(@Nullable JsonToken token, String pointer, int depth) throws Stop {
        Position position = here();
        if (token == null) {
            throw stop(position, pointer, "the text ends within a value");
        }
        if (depth > MAX_DEPTH) {
            throw stop(position, pointer, "values are nested more than " + MAX_DEPTH + " deep");
        }
        count(1, position, pointer);
        Optional<String> anchor = anchor();
        refuseTag(position, pointer);
        anchor.ifPresent(openAnchors::add);
        Node node =
                switch (token) {
                    case START_OBJECT -> map(position, pointer, depth);
                    case START_ARRAY -> list(position, pointer, depth);
                    case VALUE_STRING -> isAlias() ? alias(position, pointer) : scalar(token);
                    default -> scalar(token);
                };
        anchor.ifPresent(name -> {
            openAnchors.remove(name);
            anchors.put(name, node);
        });
        return node;
    }

    private MapNode map(Position position, String pointer, int depth) throws Stop {
        var entries = new ArrayList<Entry>();
        var lines = new HashMap<String, Integer>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = parser.currentName();
            Position at = here();
            String path = pointer + "/" + escape(key);
            Node value = value(parser.nextToken(), path, depth + 1);
            Integer earlier = lines.putIfAbsent(key, at.line());
            if (earlier != null) {
                problems.add(
                        at,
                        path,
                        "duplicate field '" + shorten(key) + "', first in line " + earlier);
            } else if (key.equals("<<") && !(value instanceof ScalarNode)) {
                problems.add(at, path, "merge keys (<<) are not supported; repeat the fields");
            } else {
                entries.add(new Entry(key, at, value));
            }
        }
        return new MapNode(entries, position);
    }

    private ListNode list(Position position, String pointer, int depth) throws Stop {
        var items = new ArrayList<Node>();
        for (JsonToken token = parser.nextToken();
                token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            items.add(value(token, pointer + "/" + items.size(), depth + 1));
        }
        return new ListNode(items, position);
    }

    private Node alias(Position position, String pointer) throws Stop {
        String name = parser.getString();
        Node target = anchors.get(name);
        if (target == null) {
            problems.add(
                    position,
                    pointer,
                    openAnchors.contains(name)
                            ? "alias '*" + shorten(name) + "' stands inside of what it names"
                            : "alias '*"
                                    + shorten(name)
                                    + "' names nothing: there is no '&"
                                    + shorten(name)
                                    + "' before it");
            return new ScalarNode(ScalarType.NULL, "", position);
        }
        count(target.size(), position, pointer);
        return target;
    }

    private Node scalar(JsonToken token) {
        ScalarType type =
                switch (token) {
                    case VALUE_NUMBER_INT -> ScalarType.INTEGER;
                    case VALUE_NUMBER_FLOAT -> ScalarType.DECIMAL;
                    case VALUE_TRUE, VALUE_FALSE -> ScalarType.BOOLEAN;
                    case VALUE_NULL -> ScalarType.NULL;
                    default -> ScalarType.TEXT;
                };
        String text = type == ScalarType.NULL ? "" : parser.getString();
        return new ScalarNode(type, text, here());
    }

    private void count(long more, Position position, String pointer) throws Stop {
        nodes += more;
        if (nodes > MAX_NODES) {
            throw stop(
                    position,
                    pointer,
                    "more than " + MAX_NODES + " values, aliases counted as what they stand for");
        }
    }

    private boolean isAlias() {
        return parser instanceof YAMLParser yaml && yaml.isCurrentAlias();
    }

    /**
     * The name that the current value is given. Jackson forgets the anchors of single values, but
     * their tokens begin with them, and no plain text may begin with {@code &}.
     */
    private Optional<String> anchor() {
        if (codePoints.length == 0 || !(parser instanceof YAMLParser yaml)) {
            return Optional.empty();
        }
        if (!yaml.currentToken().isScalarValue()) {
            return Optional.ofNullable(yaml.getObjectId());
        }
        long start = yaml.currentTokenLocation().getCharOffset();
        if (start < 0 || start >= codePoints.length || codePoints[(int) start] != '&') {
            return Optional.empty();
        }
        var name = new StringBuilder();
        for (int i = (int) start + 1; i < codePoints.length && isAnchor(codePoints[i]); i++) {
            name.appendCodePoint(codePoints[i]);
        }
        return Optional.of(name.toString());
    }

    private static boolean isAnchor(int c) {
        return !Character.isWhitespace(c) && ",[]{}".indexOf(c) < 0;
    }

    private void refuseTag(Position position, String pointer) {
        if (parser instanceof YAMLParser yaml && yaml.getRawTag() != null) {
            problems.add(position, pointer, "YAML tags (!name) are not supported");
        }
    }

    private Position here() {
        return positionOf(parser.currentTokenLocation());
    }

    private Stop stop(Position position, String pointer, String message) {
        problems.add(position, pointer, message);
        return new Stop();
    }

    private static Position positionOf(@Nullable TokenStreamLocation location) {
        return location == null
                ? new Position(1, 1)
                : new Position(
                        Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
    }

    /** The parser's own words without its copy of the text and its second mention of the place. */
    private static String syntaxMessage(String format, JacksonException e) {
        String original = e.getOriginalMessage();
        if (original == null) {
            return "not " + format;
        }
        String words =
                original.lines()
                        .filter(line -> !line.startsWith(" "))
                        .map(String::strip)
                        .collect(Collectors.joining(", "));
        return "not " + format + ": " + shorten(STARTING_AT.matcher(words).replaceAll(""));
    }

    /** A key as a part of a JSON pointer. */
    static String escape(String key) {
        return shorten(key).replace("~", "~0").replace("/", "~1");
    }

    /** A text for a message: printable and not long. */
    static String shorten(String text) {
        var out = new StringBuilder();
        text.codePoints()
                .limit(160)
                .forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return out.length() < text.length() && text.codePointCount(0, text.length()) > 160
                ? out + "…"
                : out.toString();
    }
}
