package io.millrace.cli;

import tools.jackson.databind.JsonNode;

/** Prints JSON trees in the format that the user asked for. */
final class ResultPrinter {

    private ResultPrinter() {}

    static void print(Terminal terminal, OutputFormat format, JsonNode tree) {
        terminal.out()
                .println(format == OutputFormat.YAML ? Documents.yaml(tree) : Documents.json(tree));
    }
}
