package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.PipelineSpec.WindowStep;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadingCodecTest {

    private final ReadingCodec codec = codec(TimeUnit.NANOSECONDS);

    @Test
    void readsAReadingOfASeries() {
        decode(
                codec,
                "{\"id\": [1], \"value\": 13, \"station_id\": 1161114002, \"parameter_id\": \"a\\\"\","
                        + " \"unix_timestamp\": 1492516859296502401}");
        assertThat(codec.value()).isEqualTo(13);
        assertThat(codec.nanos()).isEqualTo(1_492_516_859_296_502_401L);
        assertThat(codec.series())
                .isEqualTo("\"station_id\":1161114002,\"parameter_id\":\"a\\\"\"");
    }

    @Test
    void takesNumbersWrittenAsTextAndFractionsOfSeconds() {
        decode(codec, reading("\" 1.5e1 \"", "\"1492516859296502401\""));
        assertThat(codec.value()).isEqualTo(15);
        assertThat(codec.nanos()).isEqualTo(1_492_516_859_296_502_401L);
        ReadingCodec seconds = codec(TimeUnit.SECONDS);
        decode(seconds, reading("1", "1492516859.25"));
        assertThat(seconds.nanos()).isEqualTo(1_492_516_859_250_000_000L);
        decode(seconds, reading("1", "\"1492516859.25\""));
        assertThat(seconds.nanos()).isEqualTo(1_492_516_859_250_000_000L);
        decode(seconds, reading("1", "7"));
        assertThat(seconds.nanos()).isEqualTo(7_000_000_000L);
    }

    /** The documented example; Python gives these digits. */
    @Test
    void normalisesBitForBitAsPythonDoes() {
        byte[] window = codec.encode("\"s\":1", new double[] {8, 9, 10, 11, 12, 13});
        assertThat(new String(window, StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"s\":1,\"norm_1\":0.07405237301122279,\"norm_2\":-0.003109929237841972,"
                                + "\"norm_3\":-0.08027223148690674,\"norm_4\":-0.1574345337359715,"
                                + "\"norm_5\":-0.23459683598503628,\"norm_6\":-0.31175913823410106}");
        assertThat(new String(codec.encode("", new double[6]), StandardCharsets.UTF_8))
                .startsWith("{\"norm_1\":-0.929");
    }

    @Test
    void saysWhatIsWrong() {
        refuses("", "the payload is empty");
        refuses("[1]", "expected an object with a reading, got an array");
        refuses("{\"value\": 1}", "lacks the field 'unix_timestamp'");
        refuses("{\"unix_timestamp\": 1}", "lacks the field 'value'");
        refuses("{\"unix_timestamp\": 1, \"value\": 2}", "lacks the field 'station_id'");
        refuses(
                reading("null", "1"),
                "is the value of the reading: expected a number, got nothing");
        refuses(reading("\"x\"", "1"), "expected a number, got text");
        refuses(reading("1e999", "1"), "a number that is too large");
        refuses(reading("1", "true"), "is the time of the reading");
        refuses(reading("1", "1") + "}", "more follows the JSON");
        assertThatThrownBy(
                        () -> decode(codec(TimeUnit.SECONDS), reading("1", "1492516859296502401")))
                .hasMessageContaining("is timeUnit right?");
    }

    private static String reading(String value, String time) {
        return "{\"value\":%s,\"unix_timestamp\":%s,\"station_id\":1,\"parameter_id\":2}"
                .formatted(value, time);
    }

    private void refuses(String payload, String message) {
        assertThatThrownBy(() -> decode(codec, payload)).hasMessageContaining(message);
    }

    private static void decode(ReadingCodec codec, String payload) {
        codec.decode(payload.getBytes(StandardCharsets.UTF_8));
    }

    private static ReadingCodec codec(TimeUnit unit) {
        return new ReadingCodec(
                new WindowStep(
                        List.of("station_id", "parameter_id"),
                        "value",
                        Optional.of("unix_timestamp"),
                        unit,
                        6,
                        12.040303738317757,
                        12.959696261682243,
                        "norm_",
                        Optional.empty(),
                        Duration.ZERO));
    }
}
