package io.millrace.embedded.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.TopicFilter;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.jspecify.annotations.Nullable;

/**
 * Publishes results as an output declares: QoS 0 or 1, retained or not. A write returns when every
 * message is handed to its subscribers' queues and, for sessions that outlive their connection, is
 * in the journal: written to the operating system, not forced to disk. A message that nobody
 * subscribed to is gone, as MQTT has it.
 */
final class MqttSink implements Sink {

    private static final long JOURNAL_DEADLINE_MILLIS = 30_000;
    private static final int MAX_KNOWN_TOPICS = 1_000;

    /** A client's id has a colon in it, so nobody is called this. */
    private static final SimpleString SENDER = SimpleString.of("millrace");

    private final MessageRouter router;
    private final Mount mount;
    private final MqttOutput output;
    private final AnswerProperties properties;
    private final Executor completions;
    private final BooleanSupplier isRunning;
    private final BrokerMeters meters;
    private final Map<String, SimpleString> topics = new HashMap<>();

    MqttSink(
            MessageRouter router,
            Mount mount,
            MqttOutput output,
            Executor completions,
            BooleanSupplier isRunning,
            BrokerMeters meters) {
        this.router = router;
        this.mount = mount;
        this.output = output;
        this.properties = new AnswerProperties(meters);
        this.completions = completions;
        this.isRunning = isRunning;
        this.meters = meters;
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        if (!isRunning.getAsBoolean()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the MQTT broker is stopped");
        }
        StorageManager storage = router.storage();
        OperationContext context = storage.newContext(completions);
        storage.setContext(context);
        try {
            var failures = new ArrayList<ItemFailure>(0);
            for (int i = 0; i < batch.size(); i++) {
                // A delivery that failed on this thread may have left its own.
                storage.setContext(context);
                ItemFailure failure = write(i, batch.get(i));
                if (failure == null) {
                    continue;
                }
                failures.add(failure);
                if (failure.code().isTransient()) {
                    // It will be written again, and what comes behind it must not overtake it.
                    refuseAllBehind(failure, batch.size(), failures);
                    break;
                }
            }
            if (!context.waitCompletion(JOURNAL_DEADLINE_MILLIS)) {
                // Not a time-out of these records: nothing is wrong with them.
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, "the MQTT broker's journal does not answer");
            }
            meters.published.add(batch.size() - (long) failures.size());
            return failures;
        } catch (MillraceException e) {
            throw e;
        } catch (Exception e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the MQTT broker could not keep messages: " + e.getMessage(),
                    e);
        } finally {
            storage.clearContext();
        }
    }

    private static void refuseAllBehind(ItemFailure first, int size, List<ItemFailure> failures) {
        for (int i = first.index() + 1; i < size; i++) {
            failures.add(new ItemFailure(i, first.code(), first.reason()));
        }
    }

    @Override
    public void close() {
        topics.clear();
    }

    private @Nullable ItemFailure write(int index, OutputRecord record) {
        String destination = record.destination();
        SimpleString topic = topics.get(destination);
        if (topic == null) {
            Optional<String> problem = problem(destination);
            if (problem.isPresent()) {
                return new ItemFailure(index, ErrorCode.INVALID, problem.get());
            }
            if (topics.size() >= MAX_KNOWN_TOPICS) {
                topics.clear();
            }
            topic = SimpleString.of(mount.topicIn(destination));
            topics.put(destination, topic);
        }
        try {
            CoreMessage message =
                    router.message(
                            topic, record.value(), output.qos(), output.isRetained(), SENDER);
            properties.addTo(message, record.headers());
            if (output.isRetained()) {
                router.retain(topic.toString(), message);
            }
            if (!router.send(message)) {
                meters.unheard.increment();
            }
            return null;
        } catch (Exception e) {
            return new ItemFailure(
                    index,
                    ErrorCode.UNAVAILABLE,
                    "the MQTT broker did not take the message: " + e.getMessage());
        }
    }

    private static Optional<String> problem(String topic) {
        if (TopicFilter.hasWildcard(topic)) {
            return Optional.of("MQTT topic '" + topic + "' must not hold wildcards");
        }
        return topic.startsWith("$")
                ? Optional.of(
                        "MQTT topic '" + topic + "' starts with '$' and belongs to the broker")
                : TopicFilter.problem(topic);
    }
}
