package io.millrace.codec;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.LabelSpec.Place;
import io.millrace.api.MillraceException;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: Dataset}. */
final class DatasetCodec implements KindCodec<DatasetSpec> {

    private static final Map<String, Place> PLACES = Words.of(Place.values());
    private static final Map<String, SplitSpec.Order> ORDERS = Words.of(SplitSpec.Order.values());

    @Override
    public Class<DatasetSpec> type() {
        return DatasetSpec.class;
    }

    @Override
    public DatasetSpec read(Fields spec) {
        Value declared = spec.required("ranges");
        List<TopicRange> ranges = ranges(declared);
        List<TopicRange> unlabelled = ranges(spec.optional("unlabelled"));
        DecodeSpec decode = DecodeCodec.read(spec.required("decode"));
        LabelSpec label = label(spec.required("label"));
        SplitSpec split = split(spec.optional("split"), ranges);
        Value description = spec.optional("description");
        spec.rejectUnknown();
        if (ranges.isEmpty()) {
            if (declared.isPresent()) {
                declared.problem("expected at least one range, such as digits:0:0:7000");
            }
            ranges = List.of(TopicRange.all("none"));
        }
        return new DatasetSpec(
                ranges,
                unlabelled,
                decode,
                label,
                split,
                description.isPresent() ? description.text() : "");
    }

    private static List<TopicRange> ranges(Value value) {
        var ranges = new ArrayList<TopicRange>();
        for (Value item : value.items()) {
            try {
                ranges.add(TopicRange.parse(item.filledLooseText()));
            } catch (MillraceException e) {
                item.problem(e.text());
            }
        }
        return ranges;
    }

    private static LabelSpec label(Value value) {
        Fields fields = value.fields();
        Place place = fields.optional("place").choice("place", PLACES, Set.of());
        Value name = fields.optional("name");
        if (name.isPresent() && place != Place.HEADER) {
            name.problem("only a label in a header has a name");
        } else if (value.isPresent() && !name.isPresent() && place == Place.HEADER) {
            fields.missing("name");
        }
        DecodeSpec decode = DecodeCodec.readLabel(fields.optional("decode"));
        fields.rejectUnknown();
        return new LabelSpec(place, name.isPresent() ? name.filledText() : "", decode);
    }

    private static SplitSpec split(Value value, List<TopicRange> ranges) {
        if (!value.isPresent()) {
            return SplitSpec.NONE;
        }
        Fields fields = value.fields();
        Value validation = fields.optional("validation");
        Value test = fields.optional("test");
        SplitSpec.Order order = fields.optional("order").choice("order", ORDERS, Set.of());
        Value seed = fields.optional("seed");
        long chosen = seed.isPresent() ? seed.count() : 0;
        List<TopicRange> held = heldBackFrom(fields.optional("heldBackFrom"), ranges);
        fields.rejectUnknown();
        try {
            return new SplitSpec(
                    validation.isPresent() ? validation.decimal() : 0,
                    test.isPresent() ? test.decimal() : 0,
                    order,
                    chosen,
                    held);
        } catch (MillraceException e) {
            value.problem(e.text());
            return SplitSpec.NONE;
        }
    }

    private static List<TopicRange> heldBackFrom(Value value, List<TopicRange> ranges) {
        var held = new ArrayList<TopicRange>();
        for (TopicRange range : ranges(value)) {
            if (range.isClosed() && ranges.contains(range)) {
                held.add(range);
            } else {
                value.problem("expected some of the ranges, each with an end, not " + range);
            }
        }
        return held;
    }

    static MapNode write(LabelSpec spec) {
        var label = Node.map().put("place", Words.word(spec.place()));
        if (spec.place() == Place.HEADER) {
            label.put("name", spec.name());
        }
        return label.put("decode", DecodeCodec.write(spec.decode())).build();
    }

    @Override
    public MapNode write(DatasetSpec spec) {
        return Node.map()
                .put("ranges", texts(spec.ranges()))
                .put("unlabelled", texts(spec.unlabelled()))
                .put("decode", DecodeCodec.write(spec.decode()))
                .put("label", write(spec.label()))
                .put("split", write(spec.split()))
                .put("description", spec.description())
                .build();
    }

    private static MapNode write(SplitSpec split) {
        var map =
                Node.map()
                        .put("validation", split.validation())
                        .put("test", split.test())
                        .put("order", Words.word(split.order()))
                        .put("seed", split.seed());
        // Names of samples that were laid down before depend on what is written.
        if (!split.heldBackFrom().isEmpty()) {
            map.put("heldBackFrom", texts(split.heldBackFrom()));
        }
        return map.build();
    }

    private static Node texts(List<TopicRange> ranges) {
        return Node.texts(ranges.stream().map(TopicRange::toString).toList());
    }
}
