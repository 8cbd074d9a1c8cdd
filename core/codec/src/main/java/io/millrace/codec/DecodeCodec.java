package io.millrace.codec;

import io.millrace.api.DecodeSpec;
import io.millrace.api.tensor.DataType;
import io.millrace.codec.Node.MapNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code decode} of a model step, a dataset or a label. */
final class DecodeCodec {

    private static final Map<String, DecodeSpec.Format> FORMATS =
            Words.of(DecodeSpec.Format.values());
    private static final Map<String, DecodeSpec.Order> ORDERS = Words.of(DecodeSpec.Order.values());
    private static final Set<String> LATER_FORMATS = Set.of("avro", "csv", "image", "npy");
    private static final Map<String, DataType> TYPES = types();

    private DecodeCodec() {}

    /** Reads it; JSON without fields when nothing is declared. */
    static DecodeSpec read(Value value) {
        if (!value.isPresent()) {
            return new DecodeSpec(DecodeSpec.Format.JSON, List.of(), Optional.empty(), 1.0);
        }
        Fields fields = value.fields().later("shape", "resize", "greyscale", "invert", "offset");
        Value order = fields.optional("order");
        Value takesText = fields.optional("textNumbers");
        Value word = fields.required("format");
        DecodeSpec.Format format = word.choice("decode format", FORMATS, LATER_FORMATS);
        Value field = fields.optional("field");
        Value several = fields.optional("fields");
        Value type = fields.optional("type");
        Value scale = fields.optional("scale");
        boolean raw = format == DecodeSpec.Format.RAW;
        if (field.isPresent() && several.isPresent()) {
            several.problem("only one of field, fields is allowed");
        }
        List<String> names = field.isPresent() ? List.of(field.filledText()) : several.texts();
        Value.refuseDuplicates("field", several.items());
        if (raw && !names.isEmpty()) {
            (field.isPresent() ? field : several)
                    .problem("format raw has no fields: the whole payload is the value");
        }
        if (raw && !type.isPresent()) {
            value.problem("missing 'type': format raw needs the type of its numbers, e.g. float32");
        } else if (!raw && type.isPresent() && word.isOneOf(FORMATS.keySet())) {
            type.problem("only format raw has a type");
        }
        Optional<DataType> dataType =
                type.isPresent()
                        ? Optional.of(type.choice("type", TYPES, Set.of("string", "bytes")))
                        : Optional.empty();
        double factor = scale.isPresent() ? scale.decimal() : 1.0;
        if (order.isPresent() && names.size() < 2) {
            order.problem("an order needs at least two fields");
        }
        if (takesText.isPresent() && format != DecodeSpec.Format.JSON) {
            takesText.problem("only format json has numbers written as text");
        }
        DecodeSpec.Order chosen = order.choice("order", ORDERS, Set.of());
        fields.rejectUnknown();
        return new DecodeSpec(format, names, dataType, factor, chosen, takesText.bool(false));
    }

    private static Map<String, DataType> types() {
        var types = new LinkedHashMap<String, DataType>();
        for (DataType type : DataType.values()) {
            if (type != DataType.BYTES) {
                types.put(type.plainName(), type);
            }
        }
        for (DataType type : DataType.values()) {
            if (type != DataType.BYTES) {
                types.putIfAbsent(type.protocolName(), type);
            }
        }
        return types;
    }

    static MapNode write(DecodeSpec decode) {
        var map = Node.map().put("format", Words.word(decode.format()));
        if (decode.fields().size() == 1) {
            map.put("field", decode.fields().getFirst());
        } else if (!decode.fields().isEmpty()) {
            map.put("fields", Node.texts(decode.fields()));
        }
        decode.type().ifPresent(type -> map.put("type", type.plainName()));
        map.put("scale", decode.scale());
        if (decode.order() != DecodeSpec.Order.AS_LISTED) {
            map.put("order", Words.word(decode.order()));
        }
        if (decode.takesText()) {
            map.put("textNumbers", true);
        }
        return map.build();
    }
}
