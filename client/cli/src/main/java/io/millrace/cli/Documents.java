package io.millrace.cli;

import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Turns JSON trees into text. */
final class Documents {

    private Documents() {}

    static String json(JsonNode node) {
        var indenter = new DefaultIndenter("  ", "\n");
        var printer =
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        return JsonMapper.shared().writer().with(printer).writeValueAsString(node);
    }

    /** In one line. */
    static String compactJson(JsonNode node) {
        return JsonMapper.shared().writeValueAsString(node);
    }

    static String yaml(JsonNode node) {
        return Yaml.MAPPER.writeValueAsString(node).stripTrailing();
    }

    /** Loaded only when YAML is asked for: most commands never need it. */
    private static final class Yaml {
        static final ObjectMapper MAPPER =
                tools.jackson.dataformat.yaml.YAMLMapper.builder()
                        .disable(
                                tools.jackson.dataformat.yaml.YAMLWriteFeature
                                        .WRITE_DOC_START_MARKER)
                        .disable(tools.jackson.dataformat.yaml.YAMLWriteFeature.SPLIT_LINES)
                        .enable(tools.jackson.dataformat.yaml.YAMLWriteFeature.MINIMIZE_QUOTES)
                        .enable(
                                tools.jackson.dataformat.yaml.YAMLWriteFeature
                                        .ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                        .enable(tools.jackson.dataformat.yaml.YAMLWriteFeature.LITERAL_BLOCK_STYLE)
                        .enable(
                                tools.jackson.dataformat.yaml.YAMLWriteFeature
                                        .INDENT_ARRAYS_WITH_INDICATOR)
                        .build();
    }
}
