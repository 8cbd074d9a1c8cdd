package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import io.millrace.codec.payload.ArrayPayload;
import io.millrace.codec.payload.PayloadDecoder;
import io.millrace.codec.payload.PayloadEncoder;
import io.millrace.spi.LogRecord;
import io.millrace.spi.ModelServing;
import java.util.ArrayList;
import java.util.List;

/**
 * A request that asks for several items in a JSON array: answered as a whole or not at all.
 *
 * @param record that holds it
 * @param payload the array
 */
record ArrayRequest(LogRecord record, byte[] payload) {

    /** One call of the model. */
    @FunctionalInterface
    interface Calls {
        ModelServing.Answer infer(Tensor input);
    }

    /**
     * Calls the model for the items, so many at once, and puts the answers together.
     *
     * @throws MillraceException when an item cannot be decoded, a call fails, or the answer cannot
     *     be written
     */
    byte[] answer(
            PayloadDecoder decoder,
            PayloadEncoder encoder,
            int mostItems,
            RecordFacts facts,
            Calls calls) {
        List<byte[]> items = ArrayPayload.items(payload);
        var outputs = new ArrayList<Tensor.Numeric>();
        int version = 0;
        for (int from = 0; from < items.size(); from += mostItems) {
            int count = Math.min(mostItems, items.size() - from);
            byte[] buffer = new byte[count * decoder.itemBytes()];
            for (int i = 0; i < count; i++) {
                decode(decoder, items.get(from + i), from + i, buffer, i);
            }
            ModelServing.Answer answer = calls.infer(decoder.tensor(buffer, 0, count));
            version = answer.version();
            outputs.add(numbers(answer, count));
        }
        facts.of(record, version);
        return encoder.encodeAll(outputs, facts);
    }

    private static void decode(
            PayloadDecoder decoder, byte[] item, int index, byte[] buffer, int place) {
        try {
            decoder.decode(item, buffer, place);
        } catch (MillraceException e) {
            throw new MillraceException(e.code(), "item " + index + ": " + e.text(), e);
        }
    }

    private static Tensor.Numeric numbers(ModelServing.Answer answer, int count) {
        Tensor output = answer.outputs().getFirst();
        if (output instanceof Tensor.Numeric numbers
                && output.shape().rank() > 0
                && output.shape().extent(0) == count) {
            return numbers;
        }
        throw new MillraceException(
                ErrorCode.USER_CODE,
                "the model answered %s of shape %s for %d items"
                        .formatted(output.type().plainName(), output.shape(), count));
    }
}
