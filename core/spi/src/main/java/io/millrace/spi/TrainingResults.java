package io.millrace.spi;

import io.millrace.api.ResourceKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What runs reported and made, for those who show it. Any thread. */
public interface TrainingResults {

    /** All that a run has reported so far; empty when it is unknown. */
    Optional<RunReport> report(ResourceKey run);

    /**
     * Follows what a run reports, from its beginning.
     *
     * @param listener is called with each event in order, on one thread at a time; a slow one
     *     misses batches, never epochs
     * @return ends it
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    AutoCloseable follow(ResourceKey run, Consumer<RunEvent> listener);

    /**
     * The trained model as a file; for {@link Format#SAVED_MODEL} a zip archive.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} when the run made no model, or
     *     none in this format; says why
     */
    Path model(ResourceKey run, Format format);

    /** What the trainer printed, the last 64 KiB of it. */
    String output(ResourceKey run);

    /** How a trained model is written. */
    enum Format {
        SAVED_MODEL("saved-model", "saved_model.zip"),
        KERAS("keras", "model.keras"),
        H5("h5", "model.h5"),
        TFLITE("tflite", "model.tflite"),
        ONNX("onnx", "model.onnx"),
        PYTORCH("pth", "model.pth");

        private final String label;
        private final String file;

        Format(String label, String file) {
            this.label = label;
            this.file = file;
        }

        /** As users write it. */
        public String label() {
            return label;
        }

        /** How the file is called. */
        public String file() {
            return file;
        }

        /** Finds a format by its label. */
        public static Optional<Format> find(String text) {
            return List.of(values()).stream().filter(f -> f.label.equals(text)).findFirst();
        }
    }
}
