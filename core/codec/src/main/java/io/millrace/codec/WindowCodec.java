package io.millrace.codec;

import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The {@code window} step of a pipeline. */
final class WindowCodec {
    private static final int MAX_SIZE = 10_000;
    private static final Duration DEFAULT_LOOKBACK = Duration.ofHours(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Map<String, TimeUnit> UNITS = units();

    private WindowCodec() {}

    private static Map<String, TimeUnit> units() {
        var units = new LinkedHashMap<String, TimeUnit>();
        units.put("s", TimeUnit.SECONDS);
        units.put("ms", TimeUnit.MILLISECONDS);
        units.put("us", TimeUnit.MICROSECONDS);
        units.put("ns", TimeUnit.NANOSECONDS);
        return units;
    }

    static WindowStep read(Fields fields, boolean written) {
        Value value = written ? fields.required("value") : fields.optional("value");
        Value keys = fields.optional("key");
        Value time = fields.optional("time");
        Value unit = fields.optional("timeUnit");
        Value size = written ? fields.required("size") : fields.optional("size");
        Value offset = fields.optional("offset");
        Value divisor = fields.optional("divisor");
        Value prefix = fields.optional("prefix");
        Value gap = fields.optional("gap");
        Value.refuseDuplicates("key field", keys.itemsOrOne());
        if (unit.isPresent() && !time.isPresent()) {
            unit.problem("a unit belongs to 'time'");
        }
        if (gap.isPresent() && !time.isPresent()) {
            gap.problem("a gap is measured by 'time', which is missing");
        }
        double divide = divisor.isPresent() ? divisor.decimal() : 1;
        if (divisor.isPresent() && divide == 0) {
            divisor.problem("must not be 0");
        }
        var step =
                new WindowStep(
                        keys.itemsOrOne().stream().map(Value::filledText).toList(),
                        value.filledText(),
                        time.isPresent() ? Optional.of(time.filledText()) : Optional.empty(),
                        unit.choice("time unit", UNITS, Set.of()),
                        size.integer(1, MAX_SIZE),
                        offset.isPresent() ? offset.decimal() : 0,
                        divide,
                        prefix.isPresent() ? prefix.filledText() : "norm_",
                        gap.isPresent()
                                ? Optional.of(
                                        gap.duration(Duration.ZERO, Duration.ofMillis(1), LONGEST))
                                : Optional.empty(),
                        fields.optional("lookback")
                                .duration(DEFAULT_LOOKBACK, Duration.ZERO, LONGEST));
        fields.rejectUnknown();
        return step;
    }

    static MapNode write(WindowStep step) {
        var map = Node.map();
        if (!step.keys().isEmpty()) {
            map.put("key", Node.texts(step.keys()));
        }
        map.put("value", step.value());
        step.time().ifPresent(field -> map.put("time", field).put("timeUnit", word(step.unit())));
        map.put("size", step.size())
                .put("offset", step.offset())
                .put("divisor", step.divisor())
                .put("prefix", step.prefix());
        step.gap().ifPresent(gap -> map.put("gap", Durations.format(gap)));
        return map.put("lookback", Durations.format(step.lookback())).build();
    }

    private static String word(TimeUnit unit) {
        return UNITS.entrySet().stream()
                .filter(entry -> entry.getValue() == unit)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(List.copyOf(UNITS.keySet()).getFirst());
    }
}
