package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.Header;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** Datasets and records as tests need them. */
final class Given {

    private Given() {}

    static DecodeSpec raw(DataType type, Integer... shape) {
        return new DecodeSpec(
                DecodeSpec.Format.RAW,
                List.of(),
                Optional.of(type),
                1,
                DecodeSpec.Order.AS_LISTED,
                false,
                List.of(shape),
                Optional.empty(),
                Optional.empty());
    }

    static LabelSpec key(DataType type) {
        return new LabelSpec(LabelSpec.Place.KEY, "", raw(type, 1));
    }

    static SplitSpec split(double validation, double test, SplitSpec.Order order) {
        return new SplitSpec(validation, test, order, 7);
    }

    static DatasetSpec bytes(String ranges, SplitSpec split) {
        return new DatasetSpec(
                ranges(ranges), List.of(), raw(DataType.UINT8, 2), key(DataType.UINT8), split, "");
    }

    static List<TopicRange> ranges(String text) {
        return java.util.Arrays.stream(text.split(",", -1)).map(TopicRange::parse).toList();
    }

    /** Appends a record of two bytes with its label as key. */
    static void send(StreamLog log, String topic, int label, int first, int second) {
        send(log, topic, new byte[] {(byte) label}, new byte[] {(byte) first, (byte) second});
    }

    static void send(StreamLog log, String topic, byte @Nullable [] key, byte[] value) {
        send(log, topic, key, value, List.of(), 1_000);
    }

    static void send(
            StreamLog log,
            String topic,
            byte @Nullable [] key,
            byte[] value,
            List<Header> headers,
            long millis) {
        log.append(
                new OutgoingRecord(topic, key, value, headers, millis),
                failure -> Assertions.assertThat(failure).isNull());
    }
}
