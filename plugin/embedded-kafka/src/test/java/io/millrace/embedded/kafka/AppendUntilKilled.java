package io.millrace.embedded.kafka;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.OutgoingRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * The process that {@link KilledBrokerIT} kills: a broker and a writer that notes down each number
 * whose append was acknowledged. Arguments: data directory, file of acknowledged numbers, first
 * number.
 */
final class AppendUntilKilled {

    static final String TOPIC = "numbers";
    static final int KEYS = 10;
    private static final int IN_FLIGHT = 500;

    private AppendUntilKilled() {}

    public static void main(String[] arguments) throws Exception {
        var kafka =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(Path.of(arguments[0]), 0),
                        fault -> {
                            throw fault;
                        });
        kafka.start();
        try (kafka;
                var log =
                        KafkaStreamLog.open(
                                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system());
                var acknowledged =
                        FileChannel.open(
                                Path.of(arguments[1]),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.APPEND)) {
            log.ensureTopics(List.of(TOPIC));
            var places = new Semaphore(IN_FLIGHT);
            for (long number = Long.parseLong(arguments[2]); ; number++) {
                places.acquire();
                append(log, number, acknowledged, places);
            }
        }
    }

    private static void append(
            KafkaStreamLog log, long number, FileChannel acknowledged, Semaphore places) {
        byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
        byte[] key = {(byte) (number % KEYS)};
        log.append(
                new OutgoingRecord(TOPIC, key, value, List.of(), number),
                failure -> {
                    places.release();
                    if (failure == null) {
                        note(acknowledged, number);
                    }
                });
    }

    private static void note(FileChannel acknowledged, long number) {
        try {
            acknowledged.write(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
