package io.millrace.app;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Suggestion;
import io.millrace.app.ServerConfig.ExtraKafka;
import io.millrace.app.ServerConfig.KafkaMlSettings;
import io.millrace.app.ServerConfig.LoginMqtt;
import io.millrace.app.ServerConfig.PlainMqtt;
import io.millrace.spi.AllowedOrigins;
import io.millrace.training.run.Confinement;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Reads the settings: defaults, then the configuration file, then the command line. Collects all
 * errors and reports them at once.
 */
final class ConfigReader {

    private static final int DEFAULT_MQTT_PLAIN_PORT = 1884;
    private static final int MAX_PORT = 65_535;
    private static final List<String> EVERY_ADDRESS = List.of("0.0.0.0", "::");
    private static final List<String> POLICIES = List.of("anonymous", "password");

    /** In one array, with room to grow into another one. */
    private static final DataSize LARGEST_BODY = DataSize.ofMebibytes(1024);

    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,8})(ms|s|m)");

    private final Map<ConfigKey, String> values = new EnumMap<>(ConfigKey.class);
    private final Map<String, String> kafkaClient = new HashMap<>();
    private final List<String> errors = new ArrayList<>();
    private final FreePorts freePorts = new FreePorts();
    private int portBase;
    private boolean useFreePorts;
    private boolean stopOnStdinEof;
    private boolean warmUp;

    /**
     * Reads settings.
     *
     * @throws MillraceException {@code INVALID} with all errors, one a line
     */
    static ServerConfig read(List<String> arguments) {
        var reader = new ConfigReader();
        reader.readFiles(arguments);
        reader.readArguments(arguments);
        ServerConfig config = reader.build();
        if (!reader.errors.isEmpty()) {
            throw MillraceException.invalid(
                    "cannot start with this configuration:\n  "
                            + String.join("\n  ", reader.errors)
                            + "\nSee --help for all settings.");
        }
        return config;
    }

    private void readFiles(List<String> arguments) {
        for (int i = 0; i + 1 < arguments.size(); i++) {
            if (arguments.get(i).equals("--config")) {
                readFile(Path.of(arguments.get(i + 1)));
            }
        }
    }

    private void readFile(Path file) {
        var properties = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) {
            errors.add("cannot read the configuration file " + file + ": " + e.getMessage());
        }
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            String value = properties.getProperty(key).strip();
            if (key.startsWith(ConfigKey.KAFKA_CLIENT_PREFIX)) {
                kafkaClient.put(key.substring(ConfigKey.KAFKA_CLIENT_PREFIX.length()), value);
            } else {
                ConfigKey.find(key)
                        .ifPresentOrElse(
                                known -> values.put(known, value),
                                () -> errors.add(unknown(file + ": unknown setting ", key)));
            }
        }
    }

    private void readArguments(List<String> arguments) {
        int i = 0;
        while (i < arguments.size()) {
            i += readArgument(arguments, i);
        }
    }

    /** Returns how many words were taken. */
    private int readArgument(List<String> arguments, int at) {
        String flag = arguments.get(at);
        switch (flag) {
            case "--stop-on-stdin-eof" -> stopOnStdinEof = true;
            case "--warm-up" -> warmUp = true;
            case "--free-ports" -> useFreePorts = true;
            case "--mqtt-plain" ->
                    values.put(
                            ConfigKey.MQTT_PLAIN_PORT, Integer.toString(DEFAULT_MQTT_PLAIN_PORT));
            default -> {
                return readValue(flag, arguments, at);
            }
        }
        return 1;
    }

    private int readValue(String flag, List<String> arguments, int at) {
        Optional<ConfigKey> key = ConfigKey.findFlag(flag);
        boolean known = key.isPresent() || flag.equals("--config") || flag.equals("--port-base");
        if (!known) {
            errors.add(unknown("unknown option ", flag));
            return 1;
        }
        if (at + 1 == arguments.size()) {
            errors.add(flag + " needs a value");
            return 1;
        }
        String value = arguments.get(at + 1);
        key.ifPresent(k -> values.put(k, value));
        if (flag.equals("--port-base")) {
            portBase = number("--port-base", value, 0, MAX_PORT);
        }
        return 2;
    }

    private ServerConfig build() {
        return new ServerConfig(
                path(ConfigKey.DATA),
                path(ConfigKey.CACHE),
                size(ConfigKey.DISK_RESERVE),
                new ServerConfig.Endpoint(text(ConfigKey.HTTP_BIND), port(ConfigKey.HTTP_PORT)),
                new ServerConfig.Endpoint(text(ConfigKey.MQTT_BIND), port(ConfigKey.MQTT_PORT)),
                mqttPlain(),
                mqttLogin(),
                new ServerConfig.InferenceSettings(
                        maxBody(), duration(ConfigKey.INFERENCE_TIMEOUT)),
                new ServerConfig.ModelSettings(
                        origins(ConfigKey.MODELS_ORIGINS),
                        text(ConfigKey.MODELS_MEMORY).equals("auto")
                                ? Optional.empty()
                                : Optional.of(size(ConfigKey.MODELS_MEMORY)),
                        endpoint(ConfigKey.S3_ENDPOINT),
                        text(ConfigKey.S3_REGION)),
                s3(),
                origins(ConfigKey.BUCKETS_ENDPOINTS),
                events(),
                new ServerConfig.KafkaSettings(
                        port(ConfigKey.KAFKA_PORT),
                        Optional.of(text(ConfigKey.KAFKA_BOOTSTRAP)).filter(s -> !s.isEmpty()),
                        number(ConfigKey.KAFKA_PARTITIONS, 1, 1000),
                        number(ConfigKey.KAFKA_REPLICATION, 1, 100),
                        kafkaClient,
                        isOn(ConfigKey.KAFKA_AUTO_CREATE_TOPICS),
                        extraKafka()),
                kafkaMl(),
                new ServerConfig.TrainingSettings(
                        number(ConfigKey.TRAINING_WORKERS, 1, 64), confinement()),
                tracing(),
                stopOnStdinEof,
                warmUp);
    }

    private Confinement confinement() {
        String word = text(ConfigKey.TRAINING_CONFINEMENT);
        for (Confinement confinement : Confinement.values()) {
            if (confinement.label().equals(word)) {
                return confinement;
            }
        }
        errors.add(
                "%s must be %s, got '%s'"
                        .formatted(
                                ConfigKey.TRAINING_CONFINEMENT.key(), Confinement.labels(), word));
        return Confinement.REQUIRED;
    }

    private Optional<ServerConfig.TracingSettings> tracing() {
        double share = share(ConfigKey.TRACING_SAMPLE);
        Optional<URI> endpoint = endpoint(ConfigKey.TRACING_ENDPOINT);
        if (share > 0 && text(ConfigKey.TRACING_ENDPOINT).isEmpty()) {
            errors.add(
                    "%s says what to trace, but %s does not say where traces go"
                            .formatted(
                                    ConfigKey.TRACING_SAMPLE.key(),
                                    ConfigKey.TRACING_ENDPOINT.key()));
        }
        return endpoint.map(where -> new ServerConfig.TracingSettings(where, share));
    }

    private double share(ConfigKey key) {
        try {
            double share = Double.parseDouble(text(key));
            if (share >= 0 && share <= 1) {
                return share;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a number that is out of range.
        }
        errors.add(key.key() + " must be a number from 0 to 1, got '" + text(key) + "'");
        return 0;
    }

    private Optional<PlainMqtt> mqttPlain() {
        if (text(ConfigKey.MQTT_PLAIN_PORT).equals("off")) {
            return Optional.empty();
        }
        Optional<ProjectId> project = project(ConfigKey.MQTT_PLAIN_PROJECT);
        var plain =
                new PlainMqtt(
                        new ServerConfig.Endpoint(
                                text(ConfigKey.MQTT_PLAIN_BIND), port(ConfigKey.MQTT_PLAIN_PORT)),
                        project,
                        isPassword(ConfigKey.MQTT_PLAIN_POLICY));
        if (!plain.at().isLoopback() && text(ConfigKey.MQTT_PLAIN_PROJECT).isEmpty()) {
            errors.add(
                    "%s must name the project of those who come from the network; without it each of them could choose any"
                            .formatted(ConfigKey.MQTT_PLAIN_PROJECT.key()));
        }
        return Optional.of(plain);
    }

    private Optional<ServerConfig.Endpoint> s3() {
        return text(ConfigKey.S3_PORT).equals("off")
                ? Optional.empty()
                : Optional.of(
                        new ServerConfig.Endpoint(
                                text(ConfigKey.S3_BIND), port(ConfigKey.S3_PORT)));
    }

    private Optional<LoginMqtt> mqttLogin() {
        return text(ConfigKey.MQTT_LOGIN_PORT).equals("off")
                ? Optional.empty()
                : Optional.of(
                        new LoginMqtt(
                                new ServerConfig.Endpoint(
                                        text(ConfigKey.MQTT_LOGIN_BIND),
                                        port(ConfigKey.MQTT_LOGIN_PORT)),
                                project(ConfigKey.MQTT_LOGIN_PROJECT).orElse(ProjectId.DEFAULT)));
    }

    private Optional<ExtraKafka> extraKafka() {
        if (text(ConfigKey.KAFKA_EXTRA_PORT).equals("off")) {
            return Optional.empty();
        }
        String bind = text(ConfigKey.KAFKA_EXTRA_BIND);
        String host = text(ConfigKey.KAFKA_EXTRA_HOST);
        if (host.isEmpty() && EVERY_ADDRESS.contains(bind)) {
            errors.add(
                    "%s must name the host by which clients reach this machine, for %s is %s"
                            .formatted(
                                    ConfigKey.KAFKA_EXTRA_HOST.key(),
                                    ConfigKey.KAFKA_EXTRA_BIND.key(),
                                    bind));
        }
        return Optional.of(
                new ExtraKafka(
                        new ServerConfig.Endpoint(bind, port(ConfigKey.KAFKA_EXTRA_PORT)),
                        host.isEmpty() ? bind : host));
    }

    private Optional<ServerConfig.EventsSettings> events() {
        boolean isTls = isOn(ConfigKey.EVENTS_TLS);
        return text(ConfigKey.EVENTS_PORT).equals("off")
                ? Optional.empty()
                : Optional.of(
                        new ServerConfig.EventsSettings(
                                new ServerConfig.Endpoint(
                                        text(ConfigKey.EVENTS_BIND), port(ConfigKey.EVENTS_PORT)),
                                isTls));
    }

    private Optional<KafkaMlSettings> kafkaMl() {
        if (!isOn(ConfigKey.KAFKAML_ENABLED)) {
            return Optional.empty();
        }
        return Optional.of(
                new KafkaMlSettings(
                        new ServerConfig.Endpoint(
                                text(ConfigKey.KAFKAML_BIND), port(ConfigKey.KAFKAML_PORT)),
                        project(ConfigKey.KAFKAML_PROJECT).orElse(ProjectId.DEFAULT)));
    }

    private boolean isOn(ConfigKey key) {
        String word = text(key);
        if (!List.of("true", "false").contains(word)) {
            errors.add(key.key() + " must be true or false, got '" + word + "'");
        }
        return word.equals("true");
    }

    private boolean isPassword(ConfigKey key) {
        String word = text(key);
        if (!POLICIES.contains(word)) {
            errors.add(
                    key.key()
                            + " must be anonymous or password, got '"
                            + word
                            + "'"
                            + Suggestion.nearest(word, POLICIES)
                                    .map(near -> "; did you mean '" + near + "'?")
                                    .orElse(""));
        }
        return word.equals("password");
    }

    private Optional<ProjectId> project(ConfigKey key) {
        String text = text(key);
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(new ProjectId(text));
        } catch (MillraceException e) {
            errors.add(key.key() + ": " + e.text());
            return Optional.empty();
        }
    }

    private String text(ConfigKey key) {
        return values.getOrDefault(key, key.defaultValue());
    }

    private Path path(ConfigKey key) {
        String text = text(key);
        String home = System.getProperty("user.home");
        return Path.of(text.startsWith("~/") ? home + text.substring(1) : text)
                .toAbsolutePath()
                .normalize();
    }

    private DataSize maxBody() {
        DataSize size = size(ConfigKey.HTTP_MAX_BODY);
        if (size.compareTo(LARGEST_BODY) > 0) {
            errors.add(
                    "%s must be at most %s, for a body is kept in one piece; got '%s'"
                            .formatted(
                                    ConfigKey.HTTP_MAX_BODY.key(),
                                    LARGEST_BODY,
                                    text(ConfigKey.HTTP_MAX_BODY)));
        }
        return size;
    }

    private DataSize size(ConfigKey key) {
        Optional<DataSize> size = DataSize.parse(text(key)).filter(s -> s.bytes() > 0);
        if (size.isEmpty()) {
            errors.add(key.key() + " must be a size such as 64Mi, got '" + text(key) + "'");
        }
        return size.orElse(DataSize.ofMebibytes(1));
    }

    private Duration duration(ConfigKey key) {
        var matcher = DURATION.matcher(text(key));
        if (!matcher.matches()) {
            errors.add(key.key() + " must be a duration such as 60s, got '" + text(key) + "'");
            return Duration.ofSeconds(1);
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
        };
    }

    private AllowedOrigins origins(ConfigKey key) {
        List<String> entries =
                Arrays.stream(text(key).split(","))
                        .map(String::strip)
                        .filter(entry -> !entry.isEmpty())
                        .toList();
        try {
            return AllowedOrigins.parse(entries, key.key());
        } catch (MillraceException e) {
            errors.add(e.text());
            return AllowedOrigins.publicWeb();
        }
    }

    private Optional<URI> endpoint(ConfigKey key) {
        String text = text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // Reported below, like an address of another kind.
        }
        errors.add(key.key() + " must be an address such as http://host:9000, got '" + text + "'");
        return Optional.empty();
    }

    private int port(ConfigKey key) {
        if (useFreePorts) {
            return freePorts.next();
        }
        return number(key, 1, MAX_PORT - portBase) + portBase;
    }

    private int number(ConfigKey key, int min, int max) {
        return number(key.key(), text(key), min, max);
    }

    private int number(String what, String text, int min, int max) {
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a number that is out of range.
        }
        errors.add(what + " must be a number from " + min + " to " + max + ", got '" + text + "'");
        return min;
    }

    private static String unknown(String what, String word) {
        var known = new ArrayList<String>();
        for (ConfigKey key : ConfigKey.values()) {
            known.add(word.startsWith("--") ? key.flag() : key.key());
        }
        return what
                + "'"
                + word
                + "'"
                + Suggestion.nearest(word, known)
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("");
    }
}
