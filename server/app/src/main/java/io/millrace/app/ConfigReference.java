package io.millrace.app;

/** What {@code --help} prints and docs/configuration.md holds, made of {@link ConfigKey}. */
final class ConfigReference {

    private ConfigReference() {}

    static String help() {
        var text =
                new StringBuilder(
                        """
                        millrace server [--config FILE] [options]

                        Every setting is a line `key = value` in the configuration file or an option:

                        """);
        for (ConfigKey key : ConfigKey.values()) {
            text.append("  %-22s %s [%s]%n".formatted(key.flag(), key.purpose(), shown(key)));
        }
        text.append(
                """

                  --config FILE          read settings from a file; options win over it
                  --port-base N          add N to every port
                  --mqtt-plain           the same as --mqtt-plain-port 1884
                  --stop-on-stdin-eof    stop when standard input ends
                  --free-ports           listen on any free ports (tests)
                """);
        return text.toString();
    }

    /** The page in docs/, compared in a test. */
    static String page() {
        var text =
                new StringBuilder(
                        """
                        # Configuration

                        Every setting is a line `key = value` in the file of `--config FILE`, or an option of
                        `./millrace server`; options win. An unknown key is an error with a suggestion, and all errors are
                        reported at once. `--port-base N` adds N to every port. Keys that begin with `kafka.client.` go to Kafka
                        clients as they are, for an external Kafka with TLS or SASL. This page is made from the code.

                        | key | option | default | what it is for |
                        |---|---|---|---|
                        """);
        for (ConfigKey key : ConfigKey.values()) {
            text.append(
                    "| `%s` | `%s` | %s | %s |\n"
                            .formatted(
                                    key.key(),
                                    key.flag(),
                                    key.defaultValue().isEmpty()
                                            ? ""
                                            : "`" + key.defaultValue() + "`",
                                    key.purpose()));
        }
        return text.toString();
    }

    private static String shown(ConfigKey key) {
        return key.defaultValue().isEmpty() ? "none" : key.defaultValue();
    }
}
