package io.millrace.embedded.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.testkit.RecordingMeters;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.persistence.impl.nullpm.NullStorageManager;
import org.apache.activemq.artemis.core.postoffice.PostOffice;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the sink says of a broker that breaks in ways that a real one cannot be made to. */
@Timeout(30)
class MqttSinkTest {

    private final List<String> routed = new ArrayList<>();
    private boolean journalAnswers = true;
    private String refused = "";

    @Test
    void aStalledJournalIsNoFaultOfTheRecords() {
        journalAnswers = false;
        try (var sink = sink()) {
            assertThatThrownBy(() -> sink.write(batch("a", "b")))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        }
    }

    @Test
    void takesNothingBehindAMessageThatItHasToTakeLater() {
        refused = "b";
        try (var sink = sink()) {
            assertThat(sink.write(batch("a", "b", "c", "d")))
                    .extracting(ItemFailure::index)
                    .containsExactly(1, 2, 3);
            assertThat(routed).containsExactly("a");
            refused = "";
            assertThat(sink.write(batch("b", "c", "d"))).isEmpty();
            assertThat(routed).containsExactly("a", "b", "c", "d");
        }
    }

    private static List<OutputRecord> batch(String... values) {
        var batch = new ArrayList<OutputRecord>();
        for (String value : values) {
            batch.add(
                    new OutputRecord(
                            "out", null, value.getBytes(StandardCharsets.UTF_8), List.of(), 0));
        }
        return batch;
    }

    private MqttSink sink() {
        Executor direct = Runnable::run;
        return new MqttSink(
                new MessageRouter(server(), TimeSource.system()),
                new Mount(new ProjectId("shop")),
                new PipelineSpec.MqttOutput("out"),
                direct,
                () -> true,
                new BrokerMeters(new RecordingMeters()));
    }

    private ActiveMQServer server() {
        StorageManager storage = new Storage();
        PostOffice office =
                stand(
                        PostOffice.class,
                        (method, arguments) -> {
                            if (method.equals("route")) {
                                route((Message) arguments[0]);
                            }
                            return null;
                        });
        return stand(
                ActiveMQServer.class,
                (method, _) ->
                        switch (method) {
                            case "getStorageManager" -> storage;
                            case "getPostOffice" -> office;
                            default -> null;
                        });
    }

    private void route(Message message) {
        var body = message.toCore().getReadOnlyBodyBuffer();
        var bytes = new byte[body.readableBytes()];
        body.readBytes(bytes);
        String value = new String(bytes, StandardCharsets.UTF_8);
        if (value.equals(refused)) {
            throw new IllegalStateException("paging failed");
        }
        routed.add(value);
    }

    private interface Answers {
        @Nullable Object to(String method, Object[] arguments);
    }

    private static <T> T stand(Class<T> type, Answers answers) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, arguments) -> answers.to(method.getName(), arguments)));
    }

    /** Keeps nothing, and waits for nothing. */
    private final class Storage extends NullStorageManager {
        @Override
        public OperationContext newContext(Executor executor) {
            return stand(
                    OperationContext.class,
                    (method, _) -> method.equals("waitCompletion") ? journalAnswers : null);
        }

        @Override
        public void setContext(OperationContext context) {}

        @Override
        public void clearContext() {}
    }
}
