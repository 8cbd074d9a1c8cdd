package io.millrace.sender;

import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How samples are written, as the announcement says it. */
public sealed interface Encoding {

    /** The name of the format. */
    String format();

    /** What readers need to know. */
    ObjectNode config();

    /**
     * Numbers in row-major order, little-endian, and nothing else.
     *
     * @param type of the data
     * @param shape of the data; empty for a single number
     * @param labelType of the label
     * @param labelShape of the label; empty for a single number
     */
    record Raw(NumberType type, List<Integer> shape, NumberType labelType, List<Integer> labelShape)
            implements Encoding {

        public Raw {
            shape = List.copyOf(shape);
            labelShape = List.copyOf(labelShape);
        }

        @Override
        public String format() {
            return "RAW";
        }

        @Override
        public ObjectNode config() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("data_type", type.label())
                    .put("label_type", labelType.label())
                    .put("data_reshape", text(shape))
                    .put("label_reshape", text(labelShape));
        }

        private static String text(List<Integer> extents) {
            return extents.isEmpty()
                    ? "1"
                    : extents.stream().map(String::valueOf).collect(Collectors.joining(" "));
        }
    }

    /**
     * One binary Avro datum.
     *
     * @param dataSchema of the value, as JSON
     * @param labelSchema of the key, as JSON
     */
    record Avro(String dataSchema, String labelSchema) implements Encoding {

        @Override
        public String format() {
            return "AVRO";
        }

        @Override
        public ObjectNode config() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("data_scheme", dataSchema)
                    .put("label_scheme", labelSchema);
        }
    }
}
