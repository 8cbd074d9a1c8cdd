package io.millrace.spi;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

    private static final String TEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @Test
    void readsAndWritesTheHeader() {
        TraceContext context =
                requireNonNull(TraceContext.parse(TEXT.getBytes(StandardCharsets.US_ASCII)));

        assertThat(context.isSampled()).isTrue();
        assertThat(context.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(context.text()).isEqualTo(TEXT);
        assertThat(context.at(1).text())
                .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
    }

    @Test
    void alsoOfALaterVersion() {
        TraceContext context =
                requireNonNull(
                        TraceContext.parse(
                                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"));

        assertThat(context.isSampled()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more"
            })
    void anythingElseIsNoContext(String text) {
        assertThat(TraceContext.parse(text)).isNull();
        assertThat(TraceContext.parse(text.getBytes(StandardCharsets.UTF_8))).isNull();
    }
}
