package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Properties;

/** The files that make_models.py wrote, and what TensorFlow answers. */
final class Models {

    private Models() {}

    static byte[] bytes(String name) {
        try (InputStream in = open(name + ".tflite")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + name, e);
        }
    }

    static Path write(Path folder, String name) {
        try {
            Files.createDirectories(folder);
            return Files.write(folder.resolve(name + ".tflite"), bytes(name));
        } catch (IOException e) {
            throw MillraceException.internal("cannot write " + name, e);
        }
    }

    /** Numbers that the script stored, such as {@code lstm.output}. */
    static float[] numbers(String key) {
        var stored = new Properties();
        try (InputStream in = open("answers.properties")) {
            stored.load(new java.io.InputStreamReader(in, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the answers", e);
        }
        String[] texts = Objects.requireNonNull(stored.getProperty(key), key).split(",", -1);
        var numbers = new float[texts.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Float.parseFloat(texts[i]);
        }
        return numbers;
    }

    private static InputStream open(String name) {
        return Objects.requireNonNull(Models.class.getResourceAsStream("/models/" + name), name);
    }
}
