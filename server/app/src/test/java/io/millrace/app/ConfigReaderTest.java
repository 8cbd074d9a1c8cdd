package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DataSize;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.training.run.Confinement;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {

    @TempDir Path folder;

    @Test
    void hasDefaultsForEverything() {
        ServerConfig config = ConfigReader.read(List.of());

        assertThat(config.http()).isEqualTo(new ServerConfig.Endpoint("127.0.0.1", 8080));
        assertThat(config.mqtt()).isEqualTo(new ServerConfig.Endpoint("0.0.0.0", 1883));
        assertThat(config.mqttPlain()).isEmpty();
        assertThat(config.mqttLogin()).isEmpty();
        assertThat(config.kafka().bootstrap()).isEmpty();
        assertThat(config.kafka().port()).isEqualTo(9092);
        assertThat(config.data()).isEqualTo(Path.of(System.getProperty("user.home"), ".millrace"));
    }

    @Test
    void optionsWinOverTheFile() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("millrace.properties"),
                        "http.port = 9000\nkafka.bootstrap = k1:9092\nkafka.client.sasl.mechanism = PLAIN\n");

        ServerConfig config =
                ConfigReader.read(List.of("--http-port", "9100", "--config", file.toString()));

        assertThat(config.http().port()).isEqualTo(9100);
        assertThat(config.kafka().bootstrap()).contains("k1:9092");
        assertThat(config.kafka().client()).containsEntry("sasl.mechanism", "PLAIN");
    }

    @Test
    void thePortBaseMovesEveryPort() {
        ServerConfig config = ConfigReader.read(List.of("--port-base", "20000", "--mqtt-plain"));

        assertThat(config.http().port()).isEqualTo(28_080);
        assertThat(config.mqtt().port()).isEqualTo(21_883);
        assertThat(config.mqttPlain())
                .contains(
                        new ServerConfig.PlainMqtt(
                                new ServerConfig.Endpoint("127.0.0.1", 21_884),
                                Optional.empty(),
                                false));
        assertThat(config.kafka().port()).isEqualTo(29_092);
    }

    @Test
    void theEmbeddedKafkaListensOnAnotherPortWhenItIsNamed() {
        ServerConfig.KafkaSettings plain = ConfigReader.read(List.of()).kafka();
        assertThat(plain.extra()).isEmpty();
        assertThat(plain.makesTopics()).isTrue();

        var open = List.of("--kafka-extra-port", "9094", "--kafka-auto-create-topics", "false");
        ServerConfig.KafkaSettings local = ConfigReader.read(open).kafka();
        assertThat(local.makesTopics()).isFalse();
        assertThat(local.extra())
                .contains(
                        new ServerConfig.ExtraKafka(
                                new ServerConfig.Endpoint("127.0.0.1", 9094), "127.0.0.1"));

        var everywhere = new ArrayList<>(open);
        everywhere.addAll(List.of("--kafka-extra-bind", "0.0.0.0"));
        assertThatThrownBy(() -> ConfigReader.read(everywhere))
                .hasMessageContaining("kafka.extra.host must name the host");
        everywhere.addAll(List.of("--kafka-extra-host", "ml.example"));
        assertThat(ConfigReader.read(everywhere).kafka().extra())
                .contains(
                        new ServerConfig.ExtraKafka(
                                new ServerConfig.Endpoint("0.0.0.0", 9094), "ml.example"));
        assertThatThrownBy(() -> ConfigReader.read(List.of("--kafka-auto-create-topics", "yes")))
                .hasMessageContaining("must be true or false, got 'yes'");
    }

    @Test
    void clientsOfKafkaMlAreServedWhenAsked() {
        assertThat(ConfigReader.read(List.of()).kafkaMl()).isEmpty();
        assertThat(
                        ConfigReader.read(
                                        List.of(
                                                "--kafkaml-enabled",
                                                "true",
                                                "--kafkaml-project",
                                                "lab",
                                                "--port-base",
                                                "100"))
                                .kafkaMl())
                .contains(
                        new ServerConfig.KafkaMlSettings(
                                new ServerConfig.Endpoint("127.0.0.1", 8100),
                                new ProjectId("lab")));
    }

    @Test
    void reportsAllErrorsAtOnceWithSuggestions() throws IOException {
        Path file = Files.writeString(folder.resolve("c"), "htp.port = 1\nmqtt.port = many\n");

        assertThatThrownBy(() ->
                        ConfigReader.read(
                                List.of(
                                        "--config",
                                        file.toString(),
                                        "--kafka-prot",
                                        "--http-port",
                                        "70000")))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("'htp.port'; did you mean 'http.port'?")
                .hasMessageContaining("'--kafka-prot'; did you mean '--kafka-port'?")
                .hasMessageContaining("mqtt.port must be a number from 1 to 65535, got 'many'")
                .hasMessageContaining("http.port must be a number from 1 to 65535, got '70000'");
    }

    @Test
    void plainMqttOpensToTheNetworkForOneProjectOnly() {
        List<String> open = List.of("--mqtt-plain", "--mqtt-plain-bind", "0.0.0.0");
        assertThatThrownBy(() -> ConfigReader.read(open))
                .hasMessageContaining("mqtt.plain.project must name the project");

        var withProject = new ArrayList<>(open);
        withProject.addAll(
                List.of("--mqtt-plain-project", "grid", "--mqtt-plain-policy", "password"));
        assertThat(ConfigReader.read(withProject).mqttPlain())
                .contains(
                        new ServerConfig.PlainMqtt(
                                new ServerConfig.Endpoint("0.0.0.0", 1884),
                                Optional.of(new ProjectId("grid")),
                                true));
        assertThatThrownBy(() ->
                        ConfigReader.read(
                                List.of("--mqtt-plain", "--mqtt-plain-policy", "pasword")))
                .hasMessageContaining("did you mean 'password'?");
    }

    @Test
    void mqttWithUsersHasItsOwnListener() {
        assertThat(
                        ConfigReader.read(
                                        List.of(
                                                "--mqtt-login-port",
                                                "8883",
                                                "--mqtt-login-project",
                                                "grid"))
                                .mqttLogin())
                .contains(
                        new ServerConfig.LoginMqtt(
                                new ServerConfig.Endpoint("0.0.0.0", 8883), new ProjectId("grid")));
    }

    @Test
    void readsSizesDurationsAndOrigins() {
        ServerConfig config =
                ConfigReader.read(
                        List.of(
                                "--models-memory",
                                "2Gi",
                                "--inference-timeout",
                                "500ms",
                                "--models-origins",
                                "s3://models/, file:/srv/models",
                                "--s3-endpoint",
                                "http://127.0.0.1:9000"));

        assertThat(config.models().memory()).contains(DataSize.ofMebibytes(2048));
        assertThat(config.inference().timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.models().origins()).hasToString("s3://models/, file:/srv/models");
        assertThat(config.models().s3Endpoint()).contains(URI.create("http://127.0.0.1:9000"));
        assertThatThrownBy(() ->
                        ConfigReader.read(
                                List.of(
                                        "--models-memory",
                                        "much",
                                        "--inference-timeout",
                                        "soon",
                                        "--models-origins",
                                        "example.com",
                                        "--s3-endpoint",
                                        "file:/x")))
                .hasMessageContaining("models.memory must be a size such as 64Mi, got 'much'")
                .hasMessageContaining("inference.timeout must be a duration such as 60s")
                .hasMessageContaining("got 'example.com'")
                .hasMessageContaining("s3.endpoint must be an address");
    }

    @Test
    void aBodyMustFitIntoOneArray() {
        assertThat(ConfigReader.read(List.of("--http-max-body", "1Gi")).inference().maxBody())
                .isEqualTo(DataSize.ofMebibytes(1024));
        assertThatThrownBy(() -> ConfigReader.read(List.of("--http-max-body", "4Gi")))
                .hasMessageContaining("http.max.body must be at most 1Gi")
                .hasMessageContaining("got '4Gi'");
    }

    @Test
    void anOptionWithoutItsValueIsAnError() {
        assertThatThrownBy(() -> ConfigReader.read(List.of("--data")))
                .hasMessageContaining("--data needs a value");
    }

    @Test
    void tracesGoWhereTheSettingsSay() {
        assertThat(ConfigReader.read(List.of()).tracing()).isEmpty();
        assertThat(
                        ConfigReader.read(
                                        List.of(
                                                "--tracing-endpoint",
                                                "http://127.0.0.1:4318",
                                                "--tracing-sample",
                                                "0.01"))
                                .tracing())
                .contains(
                        new ServerConfig.TracingSettings(
                                URI.create("http://127.0.0.1:4318"), 0.01));
        assertThatThrownBy(() -> ConfigReader.read(List.of("--tracing-sample", "1.5")))
                .hasMessageContaining("tracing.sample must be a number from 0 to 1, got '1.5'");
        assertThatThrownBy(() -> ConfigReader.read(List.of("--tracing-sample", "0.5")))
                .hasMessageContaining("tracing.endpoint does not say where traces go");
        assertThatThrownBy(() -> ConfigReader.read(List.of("--tracing-endpoint", "collector")))
                .hasMessageContaining("tracing.endpoint must be an address");
    }

    @Test
    void theReferencePageNamesEveryAnswerToKernelsThatCannotLockIn() {
        assertThat(ConfigReader.read(List.of()).training().confinement())
                .isEqualTo(Confinement.REQUIRED);
        for (Confinement each : Confinement.values()) {
            var words = List.of("--training-confinement", each.label());
            assertThat(ConfigReader.read(words).training().confinement()).isEqualTo(each);
            assertThat(ConfigKey.TRAINING_CONFINEMENT.purpose()).contains(each.label() + ": ");
        }
        assertThatThrownBy(() -> ConfigReader.read(List.of("--training-confinement", "none")))
                .hasMessageContaining("must be auto, required, best-effort, got 'none'");
    }

    @Test
    void theReferencePageIsUpToDate() throws IOException {
        Path page = Path.of("../../docs/configuration.md");

        assertThat(page).content().isEqualTo(ConfigReference.page());
    }
}
