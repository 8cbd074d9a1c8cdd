package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Resource;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import java.util.Map;

/**
 * Writes resources as JSON and YAML in one canonical form: fields in the order of the
 * documentation, maps by key, defaults written out. Reading gives back what was written.
 */
public final class ResourceWriter {

    private ResourceWriter() {}

    /** A resource as the management API gives it: one JSON object, in one line. */
    public static String json(Resource<?> resource) {
        return JsonText.of(Envelope.write(resource));
    }

    /** A resource with metadata and status as one YAML document, without {@code ---}. */
    public static String yaml(Resource<?> resource) {
        return YamlText.of(Envelope.write(resource));
    }

    /** What a user wants, as JSON that the management API takes. */
    public static String json(Manifest<?> manifest) {
        return JsonText.of(Envelope.write(manifest));
    }

    /** What a user wants, as one YAML document, without {@code ---}. */
    public static String yaml(Manifest<?> manifest) {
        return YamlText.of(Envelope.write(manifest));
    }

    /** A spec alone, as one JSON object in one line. */
    public static String specJson(Kind kind, Spec spec) {
        return JsonText.of(KindCodec.of(kind).writeAny(spec));
    }

    /** A status alone, as one JSON object in one line. */
    public static String statusJson(Status status) {
        return JsonText.of(StatusCodec.write(status));
    }

    /** Labels alone, as one JSON object in one line. */
    public static String labelsJson(Map<String, String> labels) {
        return JsonText.of(Trees.textMap(labels));
    }
}
