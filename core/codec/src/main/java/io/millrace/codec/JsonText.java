package io.millrace.codec;

import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** A tree as JSON in one line. */
final class JsonText {

    private static final JsonFactory FACTORY = JsonFactory.builder().build();

    private JsonText() {}

    static String of(Node node) {
        var out = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            write(node, generator);
        }
        return out.toString();
    }

    private static void write(Node node, JsonGenerator out) {
        switch (node) {
            case MapNode map -> {
                out.writeStartObject();
                for (Node.Entry entry : map.entries()) {
                    out.writeName(entry.key());
                    write(entry.value(), out);
                }
                out.writeEndObject();
            }
            case ListNode list -> {
                out.writeStartArray();
                for (Node item : list.items()) {
                    write(item, out);
                }
                out.writeEndArray();
            }
            case ScalarNode scalar -> {
                switch (scalar.type()) {
                    case TEXT -> out.writeString(scalar.text());
                    case INTEGER, DECIMAL -> out.writeNumber(scalar.text());
                    case BOOLEAN -> out.writeBoolean(scalar.text().equals("true"));
                    case NULL -> out.writeNull();
                }
            }
        }
    }
}
