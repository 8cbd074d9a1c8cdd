package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.TimeSource;
import io.millrace.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConversationTest {

    private final TimeSource time = TimeSource.system();
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final BlockingQueue<CameraEvent> events = new LinkedBlockingQueue<>();
    private final Scoreboard scores = new Scoreboard();

    @Test
    void showsEachPictureWithItsAnswer() {
        // the sender numbers from 0 on; a small number is the last byte of the message
        conversation(
                        message -> {
                            int id = message[message.length - 1];
                            answer("{\"id\":" + id + ",\"label\":\"Bag\",\"confidence\":0.5}");
                            answer("{\"id\":" + id + ",\"label\":\"Bag\",\"confidence\":0.5}");
                        })
                .exchange(3, Duration.ofMillis(1));

        assertThat(scores.summary())
                .satisfies(summary -> {
                    assertThat(summary.sent()).isEqualTo(3);
                    assertThat(summary.answered()).isEqualTo(3);
                    assertThat(summary.right()).isEqualTo(2);
                });
        assertThat(text())
                .contains(
                        "picture 1\n",
                        "is         Bag\n",
                        "predicted  Bag ✓\n",
                        "confidence 50.0 %\n")
                .contains("picture 3\n", "is         T-shirt/top\n", "predicted  Bag ✗\n");
    }

    @Test
    void saysWhatIsNoPrediction() {
        conversation(
                        message -> {
                            answer("nonsense");
                            answer("{\"id\":0,\"label\":\"Bag\"}");
                        })
                .exchange(1, Duration.ZERO);
        assertThat(text()).contains("an answer of 8 bytes is no prediction", "confidence not said");
    }

    @Test
    void endsWithTheReasonWhenTheConnectionBreaks() {
        var conversation = conversation(_ -> events.add(new CameraEvent.Broken("cable cut")));
        assertThatThrownBy(() -> conversation.exchange(5, Duration.ofSeconds(10)))
                .hasMessage("cable cut");
        assertThat(scores.summary().sent()).isEqualTo(1);
    }

    private void answer(String json) {
        events.add(new CameraEvent.Answer(json.getBytes(StandardCharsets.UTF_8), time.nanoTime()));
    }

    private Conversation conversation(Consumer<byte[]> publish) {
        var terminal =
                new Terminal(
                        new PrintStream(shown, true, StandardCharsets.UTF_8),
                        new PrintStream(shown, true, StandardCharsets.UTF_8),
                        false,
                        false);
        var sample =
                new FashionSample(
                        new IdxFile(new int[] {3, 28, 28}, new byte[3 * 784]),
                        new IdxFile(new int[] {3}, new byte[] {8, 8, 0}));
        return new Conversation(sample, publish, events, scores, new DemoScreen(terminal), time);
    }

    private String text() {
        return shown.toString(StandardCharsets.UTF_8);
    }
}
