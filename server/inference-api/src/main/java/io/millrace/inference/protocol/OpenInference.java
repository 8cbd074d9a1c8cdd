package io.millrace.inference.protocol;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.api.tensor.Signature;
import java.util.List;

/** The Open Inference Protocol (V2), as far as it is the same over HTTP and gRPC. */
public final class OpenInference {

    /** The server's name in its metadata. */
    public static final String SERVER = "millrace";

    /** The version in the server's metadata: of the protocol. */
    public static final String VERSION = "1.0";

    /** The extensions that are served. */
    public static final List<String> EXTENSIONS = List.of("binary_tensor_data", "model_repository");

    private OpenInference() {}

    /**
     * A model's name as callers write it. A name that no model can have is one that does not exist.
     *
     * @throws MillraceException {@code NOT_FOUND}
     */
    public static ResourceName model(String name) {
        try {
            return new ResourceName(name);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "Model with name " + name + " does not exist.", e);
        }
    }

    /** The protocol's names for what models are made with. */
    public static String platform(String framework) {
        return switch (framework) {
            case "tensorflow", "keras" -> "tensorflow_savedmodel"; // Keras files are converted
            case "onnx" -> "onnx_onnxv1";
            case "tflite" -> "tensorflow_lite";
            default -> framework;
        };
    }

    /**
     * The signature that metadata shows: the one that is meant when none is named; where all must
     * be named, the first.
     *
     * @throws MillraceException {@code UNAVAILABLE} when there is none yet
     */
    public static Signature shown(List<Signature> signatures) {
        for (Signature signature : signatures) {
            if (signature.name().equals(Signature.DEFAULT)) {
                return signature;
            }
        }
        if (signatures.isEmpty()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the model has no signature yet");
        }
        return signatures.getFirst();
    }

    /**
     * Refuses parameters that would load something else than the model's versions: ignoring them
     * would serve another model than the caller believes.
     *
     * @param parameters their names
     * @throws MillraceException {@code UNSUPPORTED}
     */
    public static void refuseContent(Iterable<String> parameters) {
        for (String parameter : parameters) {
            if (parameter.equals("config") || parameter.startsWith("file:")) {
                throw new MillraceException(
                        ErrorCode.UNSUPPORTED,
                        "Unsupported load parameter '%s'; upload a version of the model instead."
                                .formatted(parameter));
            }
        }
    }
}
