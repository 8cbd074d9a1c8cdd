package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.payload.PayloadDecoder;
import io.millrace.codec.payload.SampleFormat;
import io.millrace.codec.payload.TextLabel;
import io.millrace.spi.LogRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decodes records into pairs of input and label, as the first of them shows what they are like.
 * Names of classes become numbers in the order in which they come.
 *
 * <p>Hot path: called for each record.
 */
final class SampleDecoder {

    private static final VarHandle INT64 =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MOST_CLASSES = 100_000;

    private final LabelSource source;
    private final SampleFormat inputFormat;
    private final LabelSpec labelSpec;
    private final TensorSpec label;
    private final PayloadDecoder inputs;
    private final @Nullable PayloadDecoder labels;
    private final @Nullable TextLabel texts;
    private final Map<String, Long> classes = new LinkedHashMap<>();

    private SampleDecoder(
            LabelSource source,
            SampleFormat inputFormat,
            LabelSpec labelSpec,
            @Nullable SampleFormat labelFormat,
            @Nullable TextLabel texts) {
        this.source = source;
        this.inputFormat = inputFormat;
        this.labelSpec = labelSpec;
        this.label =
                labelFormat == null
                        ? new TensorSpec("y", DataType.INT64, Shape.of(Shape.ANY, 1))
                        : labelFormat.tensor();
        this.inputs = inputFormat.decoder();
        this.labels = labelFormat == null ? null : labelFormat.decoder();
        this.texts = texts;
    }

    /**
     * The decoder for samples like this one.
     *
     * @throws MillraceException when it cannot be decoded
     */
    static SampleDecoder of(DatasetSpec spec, LogRecord first) {
        SampleFormat input = SampleFormat.of(spec.decode(), first.value(), "x", inLabel(spec));
        var source = new LabelSource(spec.label());
        byte[] bytes = source.of(first);
        DecodeSpec decode = spec.label().decode();
        boolean isText = decode.type().equals(Optional.of(DataType.BYTES));
        if (isText) {
            var texts = new TextLabel(decode);
            texts.read(bytes);
            return new SampleDecoder(source, input, spec.label(), null, texts);
        }
        SampleFormat label = SampleFormat.of(decode, bytes, "y", Set.of());
        var resolved = new LabelSpec(spec.label().place(), spec.label().name(), label.decode());
        return new SampleDecoder(source, input, resolved, label, null);
    }

    /** The fields of the payload that are no input. */
    private static Set<String> inLabel(DatasetSpec spec) {
        return spec.label().place() == LabelSpec.Place.FIELD
                ? Set.copyOf(spec.label().decode().fields())
                : Set.of();
    }

    /** What inputs are like. */
    TensorSpec input() {
        return inputFormat.tensor();
    }

    /** What labels are like. */
    TensorSpec label() {
        return label;
    }

    /** A declaration with what the first sample added: the types and shapes of raw numbers. */
    DatasetSpec completed(DatasetSpec spec) {
        return new DatasetSpec(
                spec.ranges(),
                spec.unlabelled(),
                inputFormat.decode(),
                labelSpec,
                spec.split(),
                spec.description());
    }

    /** Whether labels are names of classes. */
    boolean hasTextLabels() {
        return texts != null;
    }

    int inputBytes() {
        return inputs.itemBytes();
    }

    int labelBytes() {
        return labels == null ? Long.BYTES : labels.itemBytes();
    }

    /** The names of classes so far, by their numbers; empty when labels are numbers. */
    List<String> classes() {
        return new ArrayList<>(classes.keySet());
    }

    void decodeInput(LogRecord record, byte[] batch, int item) {
        inputs.decode(record.value(), batch, item);
    }

    void decodeLabel(LogRecord record, byte[] batch, int item) {
        byte[] bytes = source.of(record);
        if (labels != null) {
            labels.decode(bytes, batch, item);
        } else if (texts != null) {
            INT64.set(batch, item * Long.BYTES, number(texts.read(bytes)));
        }
    }

    private long number(String text) {
        Long known = classes.get(text);
        if (known != null) {
            return known;
        }
        if (classes.size() == MOST_CLASSES) {
            throw MillraceException.invalid(
                    "label: more than %d different texts are no names of classes"
                            .formatted(MOST_CLASSES));
        }
        long next = classes.size();
        classes.put(text, next);
        return next;
    }
}
