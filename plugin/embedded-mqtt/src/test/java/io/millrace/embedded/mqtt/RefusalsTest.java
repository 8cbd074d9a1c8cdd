package io.millrace.embedded.mqtt;

import static io.millrace.embedded.mqtt.BrokerFixture.FASHION;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.testkit.RecordingEvents;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RefusalsTest {

    private static final ResourceKey SOURCE = ResourceKey.of(Kind.DATA_SOURCE, FASHION, "grid");

    private final TestingTime time = new TestingTime();
    private final RecordingEvents events = new RecordingEvents();
    private final Refusals refusals = new Refusals(events, time);
    private final Logger logger = (Logger) LoggerFactory.getLogger(Refusals.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Client client =
            Client.of(new Who(FASHION, Who.Kind.GUEST, "", Access.EVERYTHING), false, "cam");

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    @Test
    void aLineAMinuteSaysHowManyThereWere() {
        for (int i = 0; i < 5; i++) {
            refusals.notTaken(SOURCE, client, "no room");
        }
        time.advance(Duration.ofSeconds(61));
        refusals.notTaken(SOURCE, client, "no room");
        time.advance(Duration.ofSeconds(61));
        refusals.notTaken(SOURCE, client, "no room");
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .satisfiesExactly(
                        first -> assertThat(first).endsWith("no room"),
                        second -> assertThat(second).contains("so were 4 more"),
                        third -> assertThat(third).endsWith("no room"));
        assertThat(events.reasons(SOURCE)).hasSize(7).containsOnly("SendersRefused");
    }
}
