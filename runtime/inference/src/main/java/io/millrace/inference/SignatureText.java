package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Signatures read back from the line that people see: {@code [x: float32[-1,2]] -> [y: int64[-1]]}.
 * So a version that was tried and is not in memory can still be described.
 */
final class SignatureText {

    private static final String ARROW = "] -> [";

    private static final Pattern SPEC =
            Pattern.compile(
                    "(.*?): ("
                            + Arrays.stream(DataType.values())
                                    .map(DataType::plainName)
                                    .collect(Collectors.joining("|"))
                            + ")\\[([-0-9,]*)\\](?:, |$)",
                    Pattern.DOTALL);

    private SignatureText() {}

    /**
     * Reads a signature.
     *
     * @return empty when the text is none, or when names make it ambiguous
     */
    static Optional<Signature> parse(String name, String text) {
        int arrow = text.indexOf(ARROW);
        if (arrow < 1 || !text.startsWith("[") || !text.endsWith("]")) {
            return Optional.empty();
        }
        try {
            var signature =
                    new Signature(
                            name,
                            specs(text.substring(1, arrow)),
                            specs(text.substring(arrow + ARROW.length(), text.length() - 1)));
            return signature.toString().equals(text) ? Optional.of(signature) : Optional.empty();
        } catch (NumberFormatException | MillraceException e) {
            return Optional.empty(); // a name that looks like a shape: loading it will tell
        }
    }

    private static List<TensorSpec> specs(String text) {
        var specs = new ArrayList<TensorSpec>();
        Matcher matcher = SPEC.matcher(text);
        int at = 0;
        while (at < text.length() && matcher.find(at) && matcher.start() == at) {
            DataType type = DataType.find(matcher.group(2)).orElseThrow();
            specs.add(new TensorSpec(matcher.group(1), type, shape(matcher.group(3))));
            at = matcher.end();
        }
        return specs;
    }

    private static Shape shape(String extents) {
        return extents.isEmpty()
                ? Shape.of()
                : Shape.of(Arrays.stream(extents.split(",")).mapToLong(Long::parseLong).toArray());
    }
}
