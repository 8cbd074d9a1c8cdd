package io.millrace.codec;

import io.millrace.api.TrafficRule;
import io.millrace.codec.Node.MapNode;
import java.util.Set;
import java.util.regex.Pattern;

/** Which version of a model answers those who name none. */
final class TrafficCodec {

    private static final int ALL = 100;
    private static final int LONGEST_HEADER = 128;

    /** What HTTP calls a token. */
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private TrafficCodec() {}

    /**
     * Reads a rule; an absent one is that by alias.
     *
     * @param known the versions that there are
     */
    static TrafficRule read(Value value, Set<Integer> known) {
        if (!value.isPresent()) {
            return new TrafficRule.ByAlias();
        }
        Fields fields = value.fields();
        String rule = fields.oneOf("byAlias", "pinned", "canary", "shadow").orElse("byAlias");
        Value settings = fields.optional(rule);
        TrafficRule read =
                switch (rule) {
                    case "pinned" -> pinned(settings, known);
                    case "canary" -> canary(settings, known);
                    case "shadow" -> shadow(settings, known);
                    default -> byAlias(settings);
                };
        fields.rejectUnknown();
        return read;
    }

    private static TrafficRule byAlias(Value value) {
        value.fields().rejectUnknown();
        return new TrafficRule.ByAlias();
    }

    private static TrafficRule pinned(Value value, Set<Integer> known) {
        Fields fields = value.fields();
        var rule = new TrafficRule.Pinned(version(fields, "pinned traffic", known));
        fields.rejectUnknown();
        return rule;
    }

    private static TrafficRule canary(Value value, Set<Integer> known) {
        Fields fields = value.fields();
        int version = version(fields, "the canary", known);
        int percent = fields.required("percent").integer(0, ALL);
        String header = header(fields.optional("stickyHeader"));
        fields.rejectUnknown();
        return new TrafficRule.Canary(version, percent, header);
    }

    private static TrafficRule shadow(Value value, Set<Integer> known) {
        Fields fields = value.fields();
        int version = version(fields, "the shadow", known);
        Value percent = fields.optional("percent");
        fields.rejectUnknown();
        return new TrafficRule.Shadow(version, percent.isPresent() ? percent.integer(0, ALL) : ALL);
    }

    private static int version(Fields fields, String what, Set<Integer> known) {
        Value value = fields.required("version");
        int version = value.integer(1, ModelCodec.MAX_VERSION);
        if (value.isPresent()) {
            ModelCodec.refuseUnknown(value, what, version, known);
        }
        return version;
    }

    private static String header(Value value) {
        if (!value.isPresent()) {
            return "";
        }
        String name = value.text();
        if (!name.isEmpty()
                && (name.length() > LONGEST_HEADER || !HEADER.matcher(name).matches())) {
            value.problem(
                    "expected the name of a header such as x-user, got '"
                            + DocumentParser.shorten(name)
                            + "'");
        }
        return name;
    }

    static MapNode write(TrafficRule rule) {
        return switch (rule) {
            case TrafficRule.ByAlias() -> Node.map().put("byAlias", Node.map().build()).build();
            case TrafficRule.Pinned(int version) ->
                    Node.map().put("pinned", Node.map().put("version", version).build()).build();
            case TrafficRule.Canary(int version, int percent, String header) -> {
                var map = Node.map().put("version", version).put("percent", percent);
                if (!header.isEmpty()) {
                    map.put("stickyHeader", header);
                }
                yield Node.map().put("canary", map.build()).build();
            }
            case TrafficRule.Shadow(int version, int percent) ->
                    Node.map()
                            .put(
                                    "shadow",
                                    Node.map()
                                            .put("version", version)
                                            .put("percent", percent)
                                            .build())
                            .build();
        };
    }
}
