package io.millrace.codec;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec.Arrival;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.Content;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.DataSourceSpec.Inside;
import io.millrace.api.DataSourceSpec.Keys;
import io.millrace.api.DataSourceSpec.OverHttp;
import io.millrace.api.DataSourceSpec.OverKafka;
import io.millrace.api.DataSourceSpec.Polled;
import io.millrace.api.DataSourceSpec.SetUp;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ObjectNames;
import io.millrace.api.ResourceName;
import io.millrace.codec.Node.MapNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** {@code bucket:} of a data source, and the fields of such sources. */
final class BucketSourceCodec {

    private static final DataSize ONE_BYTE = new DataSize(1);
    private static final DataSize NOTHING = new DataSize(0);

    /**
     * A batch of such objects must fit into memory, and an array holds no more than two gibibytes.
     */
    private static final DataSize MOST_FETCHED = DataSize.ofMebibytes(512);

    /** The largest object that S3 knows. */
    private static final DataSize MOST_STORED = DataSize.ofMebibytes(50L << 20);

    private static final Duration SHORTEST_POLL = Duration.ofSeconds(1);
    private static final Duration LONGEST_POLL = Duration.ofDays(1);
    private static final Duration DEFAULT_POLL = Duration.ofSeconds(30);
    private static final int LONGEST_REGEX = 1_000;
    private static final String META = "x-amz-meta-";
    private static final Pattern EVENT =
            Pattern.compile("\\*|[A-Za-z]{1,64}(:(\\*|[A-Za-z]{1,64}(:(\\*|[A-Za-z]{1,64}))?))?");
    private static final Pattern ARN = Pattern.compile("arn:[\\x21-\\x7e]{1,512}");
    private static final Map<String, Boolean> SET_UP = words("auto", true, "manual", false);
    private static final Map<String, Content> CONTENT = words(Content.values());
    private static final Map<String, Keys> KEYS = words(Keys.values());

    private BucketSourceCodec() {}

    static Bucket read(Fields fields) {
        Optional<BucketConnection> store = ConnectionCodec.bucket(fields);
        Value events = fields.optional("events");
        Value setUp = fields.optional("setUp");
        Value address = fields.optional("address");
        Value target = fields.optional("target");
        Value keys = fields.optional("keys");
        if (store.isEmpty()) {
            refuse(
                    "the embedded store tells of its objects itself; only another store has it, and"
                            + " 'endpoint' says which",
                    events,
                    setUp,
                    address,
                    target,
                    keys);
        }
        Arrival arrival = store.isEmpty() ? new Inside() : arrival(fields, events);
        var bucket =
                new Bucket(
                        store,
                        arrival,
                        store.isEmpty() ? SetUp.NONE : setUp(arrival, setUp, address, target),
                        keys.choice("keys", KEYS, Set.of()),
                        fields.optional("content").choice("content", CONTENT, Set.of()),
                        fields.optional("limit")
                                .size(Bucket.DEFAULT_LIMIT, ONE_BYTE, MOST_FETCHED));
        fields.rejectUnknown();
        return bucket;
    }

    private static Arrival arrival(Fields fields, Value events) {
        if (!events.isPresent()) {
            fields.problem(
                    "missing 'events': how news of objects comes from this store; one of {http: {}},"
                            + " {kafka: {topic: T}} and {poll: 30s}");
            return new Polled(DEFAULT_POLL);
        }
        Fields ways = events.fields();
        String way = ways.oneOf("http", "kafka", "poll").orElse("poll");
        Value value = ways.optional(way);
        Arrival arrival =
                switch (way) {
                    case "http" -> http(value.fields());
                    case "kafka" -> kafka(value.fields());
                    default ->
                            new Polled(value.duration(DEFAULT_POLL, SHORTEST_POLL, LONGEST_POLL));
                };
        ways.rejectUnknown();
        return arrival;
    }

    private static OverHttp http(Fields fields) {
        Value secret = fields.optional("secret");
        Value certificate = fields.optional("certificate");
        var http =
                new OverHttp(
                        secret.isPresent() ? Optional.of(secret.name("secret")) : Optional.empty(),
                        certificate.choice(
                                "certificate", words("none", false, "required", true), Set.of()));
        fields.rejectUnknown();
        return http;
    }

    private static OverKafka kafka(Fields fields) {
        var cluster = ConnectionCodec.kafka(fields);
        Value topic = fields.required("topic");
        Value group = fields.optional("group");
        String name = topic.filledText();
        if (topic.isPresent()) {
            Topics.problemOfFixedLog(name).ifPresent(topic::problem);
        }
        fields.rejectUnknown();
        return new OverKafka(
                cluster,
                name,
                group.isPresent() ? Optional.of(group.filledText()) : Optional.empty());
    }

    private static SetUp setUp(Arrival arrival, Value setUp, Value address, Value target) {
        if (arrival instanceof Polled) {
            refuse(
                    "with 'poll' the store sends nothing, so it needs no set-up",
                    setUp,
                    address,
                    target);
            return SetUp.NONE;
        }
        if (arrival instanceof OverKafka) {
            refuse("only with 'http' the store has to reach us", address);
        }
        if (address.isPresent()) {
            problemOfAddress(address.filledText()).ifPresent(address::problem);
        }
        if (target.isPresent() && !ARN.matcher(target.filledText()).matches()) {
            target.problem("expected the ARN of a target, such as arn:minio:sqs::1:webhook");
        }
        boolean isAuto =
                setUp.isPresent()
                        ? setUp.choice("setUp", SET_UP, Set.of())
                        : isAutoByDefault(arrival, target.isPresent());
        if (isAuto && arrival instanceof OverKafka && !target.isPresent()) {
            setUp.problem(
                    "how a store reaches Kafka is set up there; name what it has in 'target', such as"
                            + " arn:minio:sqs::1:kafka");
        }
        return new SetUp(isAuto, text(address), text(target));
    }

    private static Optional<String> problemOfAddress(String text) {
        try {
            var url = new URI(text);
            if (url.getRawUserInfo() != null) {
                return Optional.of(
                        "an address must not hold a password: 'events: {http: {secret: …}}' names"
                                + " what senders prove themselves with");
            }
            boolean isWeb =
                    "http".equalsIgnoreCase(url.getScheme())
                            || "https".equalsIgnoreCase(url.getScheme());
            if (isWeb
                    && url.getHost() != null
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null) {
                return Optional.empty();
            }
        } catch (URISyntaxException _) {
            // not an address at all: said below
        }
        return Optional.of(
                "expected http://host:port/path or https://host:port/path, got '"
                        + DocumentParser.shorten(text)
                        + "'");
    }

    private static boolean isAutoByDefault(Arrival arrival, boolean hasTarget) {
        return arrival instanceof OverHttp || hasTarget;
    }

    private static Optional<String> text(Value value) {
        return value.isPresent() ? Optional.of(value.filledText()) : Optional.empty();
    }

    private static void refuse(String why, Value... extras) {
        for (Value extra : extras) {
            if (extra.isPresent()) {
                extra.problem(why);
            }
        }
    }

    static Field field(Fields fields, ResourceName name, Map<String, String> categories) {
        Value bucket = fields.required("bucket");
        String of = bucket.filledText();
        if (bucket.isPresent()) {
            ObjectNames.problemOfBucket(of).ifPresent(bucket::problem);
        }
        Value least = fields.optional("atLeast");
        Value most = fields.optional("atMost");
        OptionalLong atLeast = size(least);
        OptionalLong atMost = size(most);
        if (atLeast.isPresent() && atMost.isPresent() && atLeast.getAsLong() > atMost.getAsLong()) {
            most.problem("no object is at least as large as 'atLeast' and at most this large");
        }
        var filter =
                new ObjectFilter(
                        keyPart(fields.optional("prefix")),
                        keyPart(fields.optional("suffix")),
                        fields.optional("ignoreCase").bool(false),
                        regex(fields.optional("regex")),
                        metadata(fields.optional("metadata")),
                        fields.optional("tags").textMap(),
                        events(fields.optional("events")),
                        atLeast,
                        atMost);
        fields.rejectUnknown();
        return new Field(name, of, categories, Optional.of(filter));
    }

    private static OptionalLong size(Value value) {
        return value.isPresent()
                ? OptionalLong.of(value.size(NOTHING, NOTHING, MOST_STORED).bytes())
                : OptionalLong.empty();
    }

    private static String keyPart(Value value) {
        if (!value.isPresent()) {
            return "";
        }
        String part = value.looseText();
        if (part.length() > ObjectNames.LONGEST_KEY) {
            value.problem("no key is longer than " + ObjectNames.LONGEST_KEY + " characters");
        }
        return part;
    }

    private static Optional<String> regex(Value value) {
        if (!value.isPresent()) {
            return Optional.empty();
        }
        String text = value.filledText();
        if (text.length() > LONGEST_REGEX) {
            value.problem("the regular expression is longer than " + LONGEST_REGEX + " characters");
            return Optional.of(text);
        }
        try {
            Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            value.problem(
                    "not a regular expression: "
                            + e.getDescription()
                            + (e.getIndex() < 0 ? "" : " at character " + (e.getIndex() + 1)));
        }
        return Optional.of(text);
    }

    private static Map<String, String> metadata(Value value) {
        var entries = new LinkedHashMap<String, String>();
        value.textMap()
                .forEach((name, text) -> {
                    String plain = name.toLowerCase(Locale.ROOT);
                    entries.put(
                            plain.startsWith(META) ? plain.substring(META.length()) : plain, text);
                });
        return entries;
    }

    private static List<String> events(Value value) {
        if (!value.isPresent()) {
            return ObjectFilter.CREATED;
        }
        var patterns = new ArrayList<String>();
        for (Value item : value.itemsOrOne()) {
            String text = item.filledText();
            String plain = text.startsWith("s3:") ? text.substring("s3:".length()) : text;
            if (!EVENT.matcher(plain).matches()) {
                item.problem(
                        "expected the name of an event, such as ObjectCreated:Put or"
                                + " ObjectCreated:*, got '"
                                + DocumentParser.shorten(text)
                                + "'");
            }
            patterns.add(plain);
        }
        return patterns;
    }

    static MapNode write(Bucket bucket) {
        var map = Node.map();
        bucket.store().ifPresent(store -> ConnectionCodec.write(store, map));
        writeArrival(bucket.arrival(), map);
        SetUp setUp = bucket.setUp();
        boolean byDefault = isAutoByDefault(bucket.arrival(), setUp.target().isPresent());
        if (setUp.isAuto() != byDefault) {
            map.put("setUp", setUp.isAuto() ? "auto" : "manual");
        }
        setUp.address().ifPresent(address -> map.put("address", address));
        setUp.target().ifPresent(target -> map.put("target", target));
        if (bucket.keys() != Keys.AUTO) {
            map.put("keys", word(bucket.keys()));
        }
        if (bucket.content() != Content.INLINE) {
            map.put("content", word(bucket.content()));
        }
        if (!bucket.limit().equals(Bucket.DEFAULT_LIMIT)) {
            map.put("limit", bucket.limit().toString());
        }
        return map.build();
    }

    private static void writeArrival(Arrival arrival, Node.MapBuilder map) {
        var way = Node.map();
        switch (arrival) {
            case Inside() -> {
                return;
            }
            case OverHttp http -> {
                var settings = Node.map();
                http.secret().ifPresent(secret -> settings.put("secret", secret.value()));
                if (http.needsCertificate()) {
                    settings.put("certificate", "required");
                }
                way.put("http", settings.build());
            }
            case OverKafka kafka -> {
                var settings = Node.map();
                kafka.cluster().ifPresent(cluster -> ConnectionCodec.write(cluster, settings));
                settings.put("topic", kafka.topic());
                kafka.group().ifPresent(group -> settings.put("group", group));
                way.put("kafka", settings.build());
            }
            case Polled(Duration every) -> way.put("poll", Durations.format(every));
        }
        map.put("events", way.build());
    }

    /** Adds what {@link #field} reads beside name and categories. */
    static void write(String bucket, ObjectFilter filter, Node.MapBuilder map) {
        map.put("bucket", bucket);
        if (!filter.prefix().isEmpty()) {
            map.put("prefix", filter.prefix());
        }
        if (!filter.suffix().isEmpty()) {
            map.put("suffix", filter.suffix());
        }
        if (filter.ignoresCase()) {
            map.put("ignoreCase", true);
        }
        filter.regex().ifPresent(regex -> map.put("regex", regex));
        if (!filter.metadata().isEmpty()) {
            map.put("metadata", Trees.textMap(filter.metadata()));
        }
        if (!filter.tags().isEmpty()) {
            map.put("tags", Trees.textMap(filter.tags()));
        }
        if (!filter.events().equals(ObjectFilter.CREATED)) {
            map.put("events", Node.texts(filter.events()));
        }
        filter.atLeast().ifPresent(size -> map.put("atLeast", new DataSize(size).toString()));
        filter.atMost().ifPresent(size -> map.put("atMost", new DataSize(size).toString()));
    }

    private static Map<String, Boolean> words(
            String one, boolean means, String two, boolean other) {
        var words = new LinkedHashMap<String, Boolean>();
        words.put(one, means);
        words.put(two, other);
        return words;
    }

    private static <E extends Enum<E>> Map<String, E> words(E[] values) {
        var words = new LinkedHashMap<String, E>();
        for (E value : values) {
            words.put(word(value), value);
        }
        return words;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
