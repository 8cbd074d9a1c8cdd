package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Encodes one item of a model's answer. Made once for a declaration and a model's output; not safe
 * for several threads.
 */
public final class PayloadEncoder {

    private static final int KEPT_CAPACITY = 1 << 20;

    private final EncodeSpec spec;
    private final EchoedFields echo;
    private final @Nullable TemplateWriter template;
    private StringBuilder text = new StringBuilder(256);

    private PayloadEncoder(EncodeSpec spec, EchoedFields echo, @Nullable TemplateWriter template) {
        this.spec = spec;
        this.echo = echo;
        this.template = template;
    }

    /**
     * The encoder for a model's output whose first axis counts items.
     *
     * @param input how the payloads are written that fields are copied from
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED} when such an answer can
     *     never be written as declared
     */
    public static PayloadEncoder of(EncodeSpec spec, DecodeSpec.Format input, TensorSpec output) {
        if (output.type() == DataType.BYTES) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the model's output '%s' is text, and only numbers are encoded"
                            .formatted(output.name()));
        }
        if (output.shape().rank() == 0) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the model's output '%s' has no first axis that counts items"
                            .formatted(output.name()));
        }
        checkLabels(spec, output.shape());
        checkEcho(spec, input);
        String template = spec.template().orElse("");
        return new PayloadEncoder(
                spec,
                new EchoedFields(spec.echo(), input),
                template.isEmpty() ? null : new TemplateWriter(spec, template, input));
    }

    private static void checkLabels(EncodeSpec spec, Shape shape) {
        long elements = 1;
        for (int axis = 1; axis < shape.rank(); axis++) {
            if (shape.extent(axis) == Shape.ANY) {
                return;
            }
            elements *= shape.extent(axis);
        }
        // Converters write extents of 1 where they do not know better; the answer itself tells.
        if (elements != 1 && !spec.labels().isEmpty() && spec.labels().size() != elements) {
            throw wrongLabels(spec, elements);
        }
    }

    private static MillraceException wrongLabels(EncodeSpec spec, long elements) {
        return MillraceException.invalid(
                "encode names %d labels, but the model answers %d numbers for an item"
                        .formatted(spec.labels().size(), elements));
    }

    private static void checkEcho(EncodeSpec spec, DecodeSpec.Format input) {
        boolean isRaw = spec.format() == EncodeSpec.Format.RAW;
        if (!spec.echo().isEmpty() && (isRaw || !AnswerTemplate.canReadFields(input))) {
            throw MillraceException.invalid(
                    "echo needs fields, and %s payloads have none"
                            .formatted(isRaw ? "raw" : input.name().toLowerCase(Locale.ROOT)));
        }
    }

    /**
     * Encodes one item of whose record nothing more is known.
     *
     * @see #encode(byte[], Tensor.Numeric, int, AnswerFacts)
     */
    public byte[] encode(byte[] payload, Tensor.Numeric output, int item) {
        return encode(payload, output, item, AnswerFacts.NONE);
    }

    /**
     * Encodes one item.
     *
     * @param payload from which the item was decoded
     * @param output the model's answer for a whole batch; its shape counts, not the declared one
     * @param item its place in the batch, from 0
     * @param facts what a template may say beside numbers
     * @return an array of its own
     * @throws MillraceException {@code USER_CODE} when the model answered what cannot be written,
     *     {@code INVALID} when the record lacks what a template needs
     */
    public byte[] encode(byte[] payload, Tensor.Numeric output, int item, AnswerFacts facts) {
        Shape shape = output.shape();
        int elements = Math.toIntExact(shape.elementsPerItem());
        int first = Math.multiplyExact(item, elements);
        if (spec.format() == EncodeSpec.Format.RAW) {
            int bytes = output.type().bytes();
            return output.data()
                    .asSlice((long) first * bytes, (long) elements * bytes)
                    .toArray(ValueLayout.JAVA_BYTE);
        }
        if (!spec.labels().isEmpty() && spec.labels().size() != elements) {
            throw wrongLabels(spec, elements);
        }
        text.setLength(0);
        if (template == null) {
            appendUsual(payload, output, first, elements);
        } else {
            template.append(text, payload, output, first, elements, facts);
        }
        return encoded();
    }

    private byte[] encoded() {
        byte[] encoded = text.toString().getBytes(StandardCharsets.UTF_8);
        if (text.capacity() > KEPT_CAPACITY) {
            text = new StringBuilder(256);
        }
        return encoded;
    }

    /** Whether it can answer several items at once: only a template says how. */
    public boolean takesArrays() {
        return template != null;
    }

    /**
     * Encodes one answer for all items of a request that had several, {@link #takesArrays} given.
     *
     * @param outputs the model's answers to one part of the items after another
     * @throws MillraceException as {@link #encode}
     */
    public byte[] encodeAll(List<Tensor.Numeric> outputs, AnswerFacts facts) {
        TemplateWriter known = template;
        if (known == null) {
            throw MillraceException.internal("an array is answered without a template", null);
        }
        text.setLength(0);
        known.appendAll(text, outputs, facts);
        return encoded();
    }

    private void appendUsual(byte[] payload, Tensor.Numeric output, int first, int elements) {
        text.append('{');
        var _ = echo.append(payload, text);
        if (spec.top() == 0) {
            text.append("\"predictions\":");
            appendNested(output, 1, first);
        } else if (spec.top() == 1) {
            appendRanked(output, first, OutputNumbers.largest(output, first, elements, -1));
        } else {
            appendTop(output, first, elements);
        }
        text.append('}');
    }

    /** Appends the elements below an axis; returns the place behind them. */
    private int appendNested(Tensor.Numeric output, int axis, int from) {
        Shape shape = output.shape();
        if (axis == shape.rank()) {
            // A single number of an item without further axes still comes as a list.
            boolean isAlone = axis == 1;
            text.append(isAlone ? "[" : "");
            OutputNumbers.append(text, output, from);
            text.append(isAlone ? "]" : "");
            return from + 1;
        }
        text.append('[');
        int next = from;
        for (long i = 0; i < shape.extent(axis); i++) {
            text.append(i == 0 ? "" : ",");
            next = appendNested(output, axis + 1, next);
        }
        text.append(']');
        return next;
    }

    private void appendTop(Tensor.Numeric output, int first, int elements) {
        text.append("\"top\":[");
        int count = Math.min(spec.top(), elements);
        int previous = -1;
        for (int i = 0; i < count; i++) {
            previous = OutputNumbers.largest(output, first, elements, previous);
            text.append(i == 0 ? "{" : ",{");
            appendRanked(output, first, previous);
            text.append('}');
        }
        text.append(']');
    }

    private void appendRanked(Tensor.Numeric output, int first, int index) {
        if (!spec.labels().isEmpty()) {
            text.append("\"label\":");
            JsonText.append(text, spec.labels().get(index));
            text.append(',');
        }
        text.append("\"index\":").append(index).append(",\"confidence\":");
        OutputNumbers.append(text, output, first + index);
    }
}
