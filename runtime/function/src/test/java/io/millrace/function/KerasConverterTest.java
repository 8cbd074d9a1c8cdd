package io.millrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.EnvironmentCatalog;
import io.millrace.process.VirtualEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the real Keras, in the environment that the server builds itself. */
@Timeout(1500)
class KerasConverterTest {

    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace", "environments");

    @TempDir static Path work;
    @TempDir static Path models;
    private static FunctionRuntimeConfig config;

    @TempDir Path target;

    @BeforeAll
    static void makeModels() throws Exception {
        config = FunctionRuntimeConfig.of(work).withEnvironments(CACHE);
        VirtualEnvironment environment =
                new EnvironmentBuilder(config.environments())
                        .build(EnvironmentCatalog.recipe("tensorflow-python", List.of()));
        Path script = models.resolve("make.py");
        Files.writeString(
                script,
                """
                import keras, os
                from keras import layers
                inputs = keras.Input((4,), name="x")
                outputs = layers.Dense(3, name="scores")(inputs)
                model = keras.Model(inputs, outputs)
                for suffix in ("keras", "h5"):
                    os.makedirs(suffix)
                    model.save(suffix + "/model." + suffix)
                code = keras.Sequential([inputs, layers.Lambda(lambda x: x)])
                for suffix in ("keras", "h5"):
                    os.makedirs("code/" + suffix)
                    code.save("code/" + suffix + "/model." + suffix)
                """);
        ProcessBuilder builder =
                new ProcessBuilder(environment.python().toString(), script.toString())
                        .directory(models.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(models.resolve("log").toFile());
        builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "3");
        int exit = builder.start().waitFor();
        assertThat(exit).describedAs(Files.readString(models.resolve("log"))).isZero();
    }

    @Test
    void convertsBothKindsOfFile() {
        for (String kind : List.of("keras", "h5")) {
            var converter = new KerasConverter(config);
            assertThat(converter.accepts(models.resolve(kind))).contains("tensorflow");
            Path made = target.resolve(kind);
            converter.convert(models.resolve(kind), made);
            assertThat(made.resolve("saved_model.pb")).isNotEmptyFile();
            assertThat(made.resolve("variables/variables.index")).isNotEmptyFile();
        }
    }

    @Test
    void convertsAKerasFileThatWasUnpackedOnItsWay() throws IOException {
        Path unpacked = Files.createDirectory(target.resolve("unpacked"));
        Path file = models.resolve("keras/model.keras");
        try (var zip = new ZipInputStream(Files.newInputStream(file))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path part = unpacked.resolve(entry.getName());
                Files.createDirectories(part.getParent());
                Files.copy(zip, part);
            }
        }
        var converter = new KerasConverter(config);
        assertThat(converter.accepts(unpacked)).contains("tensorflow");
        Path made = target.resolve("made");
        converter.convert(unpacked, made);
        assertThat(made.resolve("saved_model.pb")).isNotEmptyFile();
    }

    @Test
    void refusesALayerThatHoldsCode() {
        assertInvalid(models.resolve("code/keras"), "ambda");
        assertInvalid(models.resolve("code/h5"), "ambda");
    }

    @Test
    void convertsWithNoKerasThatLetsFilesRunCode() throws Exception {
        String script;
        try (var in =
                Objects.requireNonNull(
                        KerasConverter.class.getResourceAsStream("convert_keras.py"))) {
            script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        String check =
                script.substring(
                        script.indexOf("def require_safe_mode"), script.indexOf("def main"));
        assertThat(python(check + "require_safe_mode('3.15.1')")).isZero();
        assertThat(python(check + "require_safe_mode('3.10.0')")).isNotZero();
        assertThat(python(check + "require_safe_mode('3.9.2')")).isNotZero();
    }

    private static int python(String code) throws Exception {
        return new ProcessBuilder("python3", "-c", code)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    @Test
    void refusesWhatIsNoModel() throws IOException {
        assertThat(new KerasConverter(config).accepts(target)).isEmpty();
        Path garbage = Files.createDirectory(target.resolve("garbage"));
        Files.writeString(garbage.resolve("model.h5"), "not a model");
        assertInvalid(garbage, "Keras cannot convert");
    }

    private void assertInvalid(Path unpacked, String text) {
        var converter = new KerasConverter(config);
        assertThatThrownBy(() -> converter.convert(unpacked, target.resolve("none")))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining(text);
    }
}
