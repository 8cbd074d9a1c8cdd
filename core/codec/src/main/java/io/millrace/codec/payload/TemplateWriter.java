package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.payload.AnswerTemplate.Figure;
import io.millrace.codec.payload.AnswerTemplate.Literal;
import io.millrace.codec.payload.AnswerTemplate.Output;
import io.millrace.codec.payload.AnswerTemplate.Part;
import io.millrace.codec.payload.AnswerTemplate.Quoting;
import io.millrace.codec.payload.AnswerTemplate.TextHole;
import io.millrace.codec.payload.AnswerTemplate.What;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Fills in the template of an answer. Numbers are written as Python writes them: a 32-bit float is
 * widened to 64 bits first, lists have a space behind each comma.
 *
 * <p>Hot path: {@code {"LSTM": {{output[0]}}}} needs no memory but the text itself.
 */
final class TemplateWriter {

    private final Part[] parts;
    private final int[][] paths;
    private final @Nullable EchoedFields[] fields;
    private final List<String> labels;
    private final StringBuilder value = new StringBuilder();
    private final JsonScanner scanner = new JsonScanner();

    TemplateWriter(EncodeSpec spec, String template, DecodeSpec.Format input) {
        AnswerTemplate parsed = AnswerTemplate.parse(template);
        if (parsed.needsLabels() && spec.labels().isEmpty()) {
            throw MillraceException.invalid("the template has {{label}}, but no labels are named");
        }
        if (parsed.needsFields() && !AnswerTemplate.canReadFields(input)) {
            throw MillraceException.invalid(
                    "the template has {{field.NAME}}, and %s payloads have no fields"
                            .formatted(input.name().toLowerCase(Locale.ROOT)));
        }
        this.parts = parsed.parts().toArray(Part[]::new);
        this.paths = new int[parts.length][];
        this.fields = new EchoedFields[parts.length];
        this.labels = spec.labels();
        for (int i = 0; i < parts.length; i++) {
            paths[i] = new int[0];
            if (parts[i] instanceof Output(List<Integer> path)) {
                paths[i] = path.stream().mapToInt(Integer::intValue).toArray();
            } else if (parts[i] instanceof TextHole hole && hole.what() == What.FIELD) {
                fields[i] = EchoedFields.ofValue(hole.name(), input);
            }
        }
    }

    /** Appends the answer for one item, whose elements begin at {@code first}. */
    void append(
            StringBuilder out,
            byte[] payload,
            Tensor.Numeric output,
            int first,
            int elements,
            AnswerFacts facts) {
        int largest = -1;
        for (int i = 0; i < parts.length; i++) {
            switch (parts[i]) {
                case Literal literal -> out.append(literal.text());
                case Output hole -> appendOutput(out, output, first, paths[i], hole);
                case Figure.VERSION -> out.append(facts.version());
                case Figure figure -> {
                    largest = known(largest, output, first, elements);
                    if (figure == Figure.INDEX) {
                        out.append(largest);
                    } else {
                        appendNumber(out, output, first + largest);
                    }
                }
                case TextHole hole -> {
                    EchoedFields field = fields[i];
                    if (field != null) {
                        appendField(out, payload, field, hole);
                    } else if (hole.what() == What.LABEL) {
                        largest = known(largest, output, first, elements);
                        appendText(out, labels.get(largest), hole.quoting());
                    } else {
                        appendText(out, text(hole, facts), hole.quoting());
                    }
                }
            }
        }
    }

    /**
     * Appends one answer for several items: each hole of the output is a list with what it is for
     * each of them, a single number in a list of its own.
     */
    void appendAll(StringBuilder out, List<Tensor.Numeric> outputs, AnswerFacts facts) {
        for (int i = 0; i < parts.length; i++) {
            switch (parts[i]) {
                case Literal literal -> out.append(literal.text());
                case Output hole -> appendAll(out, outputs, paths[i], hole);
                case Figure.VERSION -> out.append(facts.version());
                case Figure figure -> throw ofOne(figure.name());
                case TextHole hole -> {
                    if (hole.what() == What.LABEL || hole.what() == What.FIELD) {
                        throw ofOne(hole.what().name());
                    }
                    appendText(out, text(hole, facts), hole.quoting());
                }
            }
        }
    }

    private static MillraceException ofOne(String hole) {
        return MillraceException.invalid(
                "the answer's {{%s}} is of one item, and the request is an array; send its items one by one"
                        .formatted(hole.toLowerCase(Locale.ROOT)));
    }

    private static void appendAll(
            StringBuilder out, List<Tensor.Numeric> outputs, int[] path, Output hole) {
        out.append('[');
        boolean isFirst = true;
        for (Tensor.Numeric output : outputs) {
            int elements = Math.toIntExact(output.shape().elementsPerItem());
            for (int item = 0; item < output.shape().extent(0); item++) {
                out.append(isFirst ? "" : ", ");
                isFirst = false;
                int before = out.length();
                appendOutput(out, output, item * elements, path, hole);
                if (out.charAt(before) != '[') {
                    out.insert(before, '[').append(']');
                }
            }
        }
        out.append(']');
    }

    private static int known(int largest, Tensor.Numeric output, int first, int elements) {
        return largest >= 0 ? largest : OutputNumbers.largest(output, first, elements, -1);
    }

    private static String text(TextHole hole, AnswerFacts facts) {
        String text =
                switch (hole.what()) {
                    case HEADER -> facts.header(hole.name());
                    case CAPTURE -> facts.capture(hole.name());
                    case MODEL, LABEL, FIELD -> facts.model();
                };
        if (text == null) {
            throw MillraceException.invalid(
                    hole.what() == What.HEADER
                            ? "the answer needs the header '%s', which the record does not have"
                                    .formatted(hole.name())
                            : "the answer needs the level {%s} of the sender's topic, which the record does not have"
                                    .formatted(hole.name()));
        }
        return text;
    }

    private static void appendText(StringBuilder out, String text, Quoting quoting) {
        switch (quoting) {
            case NONE -> out.append(text);
            case INSIDE -> JsonText.appendInside(out, text);
            case WHOLE -> JsonText.append(out, text);
        }
    }

    private void appendField(StringBuilder out, byte[] payload, EchoedFields field, TextHole hole) {
        value.setLength(0);
        if (!field.append(payload, value)) {
            throw MillraceException.invalid(
                    "the answer needs the field '%s', which the payload does not have"
                            .formatted(hole.name()));
        }
        char kind = value.charAt(0);
        if (hole.quoting() == Quoting.WHOLE) {
            out.append(value);
        } else if (kind != '"') {
            if (hole.quoting() == Quoting.INSIDE && (kind == '[' || kind == '{')) {
                throw MillraceException.invalid(
                        "the field '%s' is %s, which cannot stand between quotes in the answer"
                                .formatted(hole.name(), kind == '[' ? "a list" : "an object"));
            }
            out.append(value);
        } else if (hole.quoting() == Quoting.INSIDE) {
            out.append(value, 1, value.length() - 1);
        } else {
            scanner.start(value.toString().getBytes(StandardCharsets.UTF_8));
            scanner.readText();
            out.append(scanner.unescaped());
        }
    }

    private static void appendOutput(
            StringBuilder out, Tensor.Numeric output, int first, int[] path, Output hole) {
        Shape shape = output.shape();
        int rank = shape.rank();
        long size = shape.elementsPerItem();
        if (rank == 1 && path.length == 1 && path[0] == 0) {
            appendNumber(out, output, first); // a number counts as a list of one
            return;
        }
        long at = first;
        for (int i = 0; i < path.length; i++) {
            if (i + 1 >= rank || path[i] >= shape.extent(i + 1)) {
                throw lacks(hole, shape);
            }
            size /= shape.extent(i + 1);
            at += path[i] * size;
        }
        if (path.length > 0 && size == 1) {
            appendNumber(out, output, (int) at);
        } else {
            appendNested(out, output, path.length + 1, (int) at);
        }
    }

    private static MillraceException lacks(Output hole, Shape shape) {
        var item = new StringBuilder();
        for (int axis = 1; axis < shape.rank(); axis++) {
            item.append(item.isEmpty() ? "" : ",").append(shape.extent(axis));
        }
        return new MillraceException(
                ErrorCode.USER_CODE,
                "the answer needs %s, but the model answered numbers of shape [%s] for an item"
                        .formatted(hole.shown(), item));
    }

    /** Appends the elements below an axis; returns the place behind them. */
    private static int appendNested(StringBuilder out, Tensor.Numeric output, int axis, int from) {
        Shape shape = output.shape();
        if (axis == shape.rank()) {
            appendNumber(out, output, from);
            return from + 1;
        }
        out.append('[');
        int next = from;
        for (long i = 0; i < shape.extent(axis); i++) {
            out.append(i == 0 ? "" : ", ");
            next = appendNested(out, output, axis + 1, next);
        }
        out.append(']');
        return next;
    }

    private static void appendNumber(StringBuilder out, Tensor.Numeric output, int index) {
        DataType type = output.type();
        if (type.isFloat()) {
            PythonNumbers.append(out, OutputNumbers.finite(output, index));
        } else {
            OutputNumbers.append(out, output, index);
        }
    }
}
