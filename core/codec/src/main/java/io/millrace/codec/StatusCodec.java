package io.millrace.codec;

import io.millrace.api.Condition;
import io.millrace.api.Condition.Truth;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Status;
import io.millrace.codec.Node.MapNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Status as a tree, both ways. */
final class StatusCodec {

    private static final Map<String, Truth> TRUTHS =
            Arrays.stream(Truth.values())
                    .collect(Collectors.toMap(Truth::label, Function.identity()));
    private static final Map<String, State> STATES =
            Arrays.stream(State.values())
                    .collect(Collectors.toMap(State::label, Function.identity()));

    private StatusCodec() {}

    static Status read(Value value) {
        Fields fields = value.fields();
        List<Condition> conditions =
                fields.optional("conditions").items().stream().map(StatusCodec::condition).toList();
        Map<String, String> details = fields.optional("details").textMap();
        List<ModelVersionStatus> versions =
                fields.optional("versions").items().stream().map(StatusCodec::version).toList();
        fields.rejectUnknown();
        return new Status(conditions, details, versions);
    }

    private static Condition condition(Value value) {
        Fields fields = value.fields();
        var condition =
                new Condition(
                        fields.required("type").text(),
                        fields.required("status").choice("status", TRUTHS, Set.of()),
                        fields.optional("reason").text(),
                        fields.optional("message").text(),
                        instant(fields.required("lastTransitionTime")),
                        fields.required("observedGeneration").count());
        fields.rejectUnknown();
        return condition;
    }

    private static ModelVersionStatus version(Value value) {
        Fields fields = value.fields();
        var version =
                new ModelVersionStatus(
                        fields.required("version").integer(0, Integer.MAX_VALUE),
                        fields.required("state").choice("state", STATES, Set.of()),
                        fields.optional("message").text(),
                        fields.optional("sha256").text(),
                        fields.required("sizeBytes").count(),
                        fields.optional("signature").text(),
                        fields.optional("origin").text(),
                        fields.optional("checks").items().stream().map(StatusCodec::check).toList(),
                        fields.optional("loaded").bool(false));
        fields.rejectUnknown();
        return version;
    }

    private static ModelVersionStatus.Check check(Value value) {
        Fields fields = value.fields();
        var check =
                new ModelVersionStatus.Check(
                        fields.required("name").text(), fields.optional("result").text());
        fields.rejectUnknown();
        return check;
    }

    /** A time as {@code 2026-11-20T08:00:00Z}. */
    static Instant instant(Value value) {
        String text = value.text();
        if (!text.isEmpty()) {
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                value.problem(
                        "expected a time such as 2026-11-20T08:00:00Z, got '"
                                + DocumentParser.shorten(text)
                                + "'");
            }
        }
        return Instant.EPOCH;
    }

    static MapNode write(Status status) {
        var map =
                Node.map()
                        .put(
                                "conditions",
                                Node.list(
                                        status.conditions().stream()
                                                .map(StatusCodec::write)
                                                .toList()));
        var details = Node.map();
        status.details().forEach(details::put);
        map.put("details", details.build());
        map.put("versions", Node.list(status.versions().stream().map(StatusCodec::write).toList()));
        return map.build();
    }

    private static MapNode write(Condition condition) {
        return Node.map()
                .put("type", condition.type())
                .put("status", condition.status().label())
                .put("reason", condition.reason())
                .put("message", condition.message())
                .put("lastTransitionTime", condition.lastTransitionTime().toString())
                .put("observedGeneration", condition.observedGeneration())
                .build();
    }

    private static MapNode write(ModelVersionStatus version) {
        return Node.map()
                .put("version", version.version())
                .put("state", version.state().label())
                .put("message", version.message())
                .put("sha256", version.sha256())
                .put("sizeBytes", version.sizeBytes())
                .put("signature", version.signature())
                .put("origin", version.origin())
                .put(
                        "checks",
                        Node.list(
                                version.checks().stream()
                                        .map(c ->
                                                Node.map()
                                                        .put("name", c.name())
                                                        .put("result", c.result())
                                                        .build())
                                        .toList()))
                .put("loaded", version.isLoaded())
                .build();
    }
}
