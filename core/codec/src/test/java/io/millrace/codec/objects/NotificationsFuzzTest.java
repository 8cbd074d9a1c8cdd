package io.millrace.codec.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.objects.Notification.Events;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.spi.Header;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Damaged notifications never throw, and what is found in them can be written and read again.
 * {@code -Dmillrace.seed=N} runs one seed.
 */
@Timeout(120)
final class NotificationsFuzzTest {

    private static final int STANDING = 6_000;
    private static final int FRESH = 6_000;

    private static final List<String> TEXTS =
            List.of(
                    Samples.AWS,
                    Samples.MINIO,
                    Samples.OLD_MINIO,
                    Samples.OLD_CEPH,
                    Samples.CEPH,
                    Samples.BRIDGE,
                    Samples.TEST,
                    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":"
                            + Samples.CEPH
                            + "}",
                    "{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":"
                            + Samples.quoted(Samples.AWS)
                            + "}");

    private static final String[] PIECES = {
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "null",
        "1e999",
        "-1",
        "\\u0000",
        "\\ud800",
        "%2e",
        "%",
        "+",
        "\"Records\":",
        "../",
        "\u0000",
        "ÿ",
        "\"s3\":{}",
        "[[[[[[[[",
        "true",
        " "
    };

    private int found;
    private int other;

    @Test
    void whateverComesIsExplained() {
        Long only = Long.getLong("millrace.seed");
        if (only != null) {
            check(only);
            return;
        }
        long fresh = RandomGenerator.getDefault().nextLong() >>> 1;
        LongStream.range(0, STANDING).forEach(this::check);
        LongStream.range(fresh, fresh + FRESH).forEach(this::check);
        assertThat(found).isGreaterThan(STANDING / 20);
        assertThat(other).isGreaterThan(STANDING / 20);
    }

    private void check(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        byte[] body = damaged(random);
        try {
            List<Header> headers = headers(random);
            for (KeyCoding coding : KeyCoding.values()) {
                count(Notifications.read(headers, body, coding, Instant.EPOCH));
            }
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError(
                    "seed %d: %s".formatted(seed, new String(body, StandardCharsets.UTF_8)), e);
        }
    }

    private void count(Notification read) {
        if (!(read instanceof Events events)) {
            other++;
            return;
        }
        for (Found each : events.found()) {
            found++;
            Found again =
                    ObjectEventJson.read(ObjectEventJson.write(each.event(), each.original()));
            assertThat(again.event().key()).isEqualTo(each.event().key());
            assertThat(again.event().identity()).isEqualTo(each.event().identity());
        }
    }

    private static List<Header> headers(RandomGenerator random) {
        return switch (random.nextInt(4)) {
            case 0 -> List.of(Header.of("content-type", CloudEvents.STRUCTURED_TYPE));
            case 1 -> List.of(Header.of("content-type", CloudEvents.BATCHED_TYPE));
            case 2 -> List.of(Header.of("ce-specversion", "1.0"));
            default -> List.of();
        };
    }

    private static byte[] damaged(RandomGenerator random) {
        var text = new StringBuilder(TEXTS.get(random.nextInt(TEXTS.size())));
        int changes = random.nextInt(6);
        for (int i = 0; i < changes && text.length() > 1; i++) {
            int at = random.nextInt(text.length());
            String piece = PIECES[random.nextInt(PIECES.length)];
            switch (random.nextInt(4)) {
                case 0 -> text.insert(at, piece);
                case 1 -> text.replace(at, at + 1, piece);
                case 2 -> text.delete(at, Math.min(text.length(), at + random.nextInt(20)));
                default -> text.setLength(at + 1);
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0 && random.nextInt(5) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }
}
