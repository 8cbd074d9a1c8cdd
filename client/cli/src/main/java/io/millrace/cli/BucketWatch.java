package io.millrace.cli;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What {@code buckets watch} is told, and the data source that it makes of it. */
final class BucketWatch {

    @Option(
            names = {"-b", "--bucket"},
            required = true,
            paramLabel = "BUCKET",
            description = "Whose objects shall become records.")
    String bucket = "";

    @Option(
            names = {"-t", "--name"},
            paramLabel = "NAME",
            description = "Of the data source; without it the name of the bucket.")
    Optional<String> name = Optional.empty();

    @Option(
            names = {"-e", "--endpoint"},
            paramLabel = "URL",
            description = "Of another store; aws is Amazon's. Without it the store inside.")
    Optional<String> endpoint = Optional.empty();

    @Option(
            names = "--region",
            paramLabel = "REGION",
            description = "With which requests are signed; default is Ceph's.")
    Optional<String> region = Optional.empty();

    @Option(
            names = {"-a", "--access-key"},
            paramLabel = "KEY",
            description = "Kept in the secret NAME-store, with --secret-key.")
    Optional<String> accessKey = Optional.empty();

    @Option(
            names = {"-s", "--secret-key"},
            paramLabel = "KEY|@FILE|@-",
            description = "What is written out stays in the history of the shell.")
    Optional<String> secretKey = Optional.empty();

    @Option(
            names = "--secret",
            paramLabel = "SECRET",
            description = "A secret with accessKey and secretKey that is there already.")
    Optional<String> secret = Optional.empty();

    @Option(names = "--prefix", paramLabel = "TEXT", description = "With which keys begin.")
    Optional<String> prefix = Optional.empty();

    @Option(names = "--suffix", paramLabel = "TEXT", description = "With which keys end.")
    Optional<String> suffix = Optional.empty();

    @Option(
            names = {"-he", "--address"},
            paramLabel = "URL",
            description = "Where the store reaches this server; the store is then set up.")
    Optional<String> address = Optional.empty();

    @Option(
            names = "--target",
            paramLabel = "ARN",
            description = "A target that the store has already, as MinIO needs.")
    Optional<String> target = Optional.empty();

    @Option(
            names = {"-ke", "--topic"},
            paramLabel = "TOPIC",
            description = "Of the log, where the store publishes its events.")
    Optional<String> topic = Optional.empty();

    @Option(
            names = {"-o", "--opaque-data"},
            paramLabel = "TEXT|@FILE|@-",
            description = "By which events prove that they are ours; kept in NAME-sender.")
    Optional<String> opaqueData = Optional.empty();

    @Option(
            names = "--poll",
            paramLabel = "DURATION",
            description = "Look instead, every 30s or so: for stores that cannot tell.")
    Optional<String> poll = Optional.empty();

    String source() {
        return name.orElse(bucket);
    }

    /** Where the credentials of the store are; empty to ask without. */
    Optional<String> storeSecret() {
        return secret.isPresent() || accessKey.isEmpty()
                ? secret
                : Optional.of(source() + "-store");
    }

    /** Where the proof of senders is; empty to believe everybody. */
    Optional<String> senderSecret() {
        return opaqueData.map(_ -> source() + "-sender");
    }

    /** What is wrong with what was told; empty when nothing is. */
    Optional<String> problem() {
        if (endpoint.isEmpty()) {
            boolean hasMore =
                    accessKey.isPresent()
                            || secret.isPresent()
                            || address.isPresent()
                            || topic.isPresent()
                            || poll.isPresent();
            return hasMore
                    ? Optional.of("the store inside needs none of this; --endpoint names another")
                    : Optional.empty();
        }
        if (accessKey.isPresent() != secretKey.isPresent()) {
            return Optional.of("--access-key and --secret-key belong together");
        }
        long ways = List.of(topic, poll).stream().filter(Optional::isPresent).count();
        if (ways > 1) {
            return Optional.of("only one of --topic and --poll is allowed");
        }
        if (ways == 0 && address.isEmpty() && target.isEmpty()) {
            return Optional.of(
                    "say how news of objects comes: --address URL (the store posts them there),"
                            + " --topic TOPIC or --poll 30s");
        }
        return Optional.empty();
    }

    /** The declaration. */
    String declaration(ProjectId project) {
        var lines = new ArrayList<String>();
        lines.add("apiVersion: millrace.io/v1");
        lines.add("kind: DataSource");
        lines.add(
                "metadata: {project: %s, name: %s}"
                        .formatted(text(project.value()), text(source())));
        lines.add("spec:");
        lines.add(endpoint.isEmpty() ? "  bucket: {}" : "  bucket:");
        if (endpoint.isPresent()) {
            add(lines, "endpoint", endpoint);
            add(lines, "region", region);
            add(lines, "secret", storeSecret());
            add(lines, "address", address);
            add(lines, "target", target);
            lines.add("    events: " + events());
        }
        lines.add("  fields:");
        lines.add("    - name: objects");
        add(lines, "  bucket", Optional.of(bucket));
        add(lines, "  prefix", prefix);
        add(lines, "  suffix", suffix);
        return String.join("\n", lines) + "\n";
    }

    private String events() {
        if (topic.isPresent()) {
            return "{kafka: {topic: " + text(topic.get()) + "}}";
        }
        return poll.map(every -> "{poll: " + text(every) + "}")
                .orElseGet(() ->
                        senderSecret()
                                .map(sender -> "{http: {secret: " + text(sender) + "}}")
                                .orElse("{http: {}}"));
    }

    private static void add(List<String> lines, String key, Optional<String> value) {
        value.ifPresent(text -> lines.add("    " + key + ": " + text(text)));
    }

    /** As YAML reads it, whatever is in it. */
    private static String text(String value) {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** The names of resources that it makes are names. */
    void checkNames() {
        var _ = new ResourceName(source());
    }
}
