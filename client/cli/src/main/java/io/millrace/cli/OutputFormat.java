package io.millrace.cli;

/** How results are written. */
enum OutputFormat {
    TABLE,
    JSON,
    YAML
}
