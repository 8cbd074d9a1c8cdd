package io.millrace.embedded.kafka;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/** The broker's directory: formatted once, checked at each start before Kafka sees it. */
final class BrokerDirectory {

    private static final String META = "meta.properties";

    private final Path directory;

    BrokerDirectory(Path directory) {
        this.directory = directory;
    }

    void prepare() {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw MillraceException.internal(
                    "the directory " + directory + " for the log cannot be made: " + e, e);
        }
        Path meta = directory.resolve(META);
        if (Files.exists(meta)) {
            check(meta);
        } else {
            format();
        }
    }

    private void check(Path meta) {
        var found = new Properties();
        try (Reader reader = Files.newBufferedReader(meta, StandardCharsets.UTF_8)) {
            found.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(meta, "it cannot be read: " + e, e);
        }
        requireValue(meta, found, "version", "1");
        requireValue(meta, found, "node.id", Integer.toString(BrokerSettings.NODE_ID));
        requireUuid(meta, found, "cluster.id");
        requireUuid(meta, found, "directory.id");
    }

    private void requireValue(Path meta, Properties found, String name, String expected) {
        String value = found.getProperty(name);
        if (!expected.equals(value)) {
            throw damaged(meta, "%s should be %s, was %s".formatted(name, expected, value), null);
        }
    }

    private void requireUuid(Path meta, Properties found, String name) {
        String value = found.getProperty(name);
        if (value == null) {
            throw damaged(meta, name + " is missing", null);
        }
        try {
            Uuid.fromString(value);
        } catch (IllegalArgumentException e) {
            throw damaged(meta, name + " is not an id: " + value, e);
        }
    }

    private MillraceException damaged(
            Path meta, String what, @org.jspecify.annotations.Nullable Exception cause) {
        return MillraceException.internal(
                ("the log's file %s is damaged: %s. Put it back from a backup, or move %s away to"
                                + " start with an empty log")
                        .formatted(meta, what, directory),
                cause);
    }

    private void format() {
        String path = directory.toString();
        try (var silent =
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(BrokerSettings.NODE_ID)
                    .addDirectory(path)
                    .setMetadataLogDirectory(path)
                    .setControllerListenerName(BrokerSettings.CONTROLLER_LISTENER)
                    .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                    .setHasDynamicQuorum(false)
                    .setIgnoreFormatted(true)
                    .setPrintStream(silent)
                    .run();
        } catch (Exception e) {
            throw MillraceException.internal(
                    "the directory " + directory + " for the log cannot be formatted: " + e, e);
        }
    }
}
