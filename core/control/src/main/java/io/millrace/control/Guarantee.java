package io.millrace.control;

import io.millrace.api.PipelineSpec;
import java.util.ArrayList;
import java.util.List;

/** What a pipeline promises about delivery, with the reason, in words. Pure. */
final class Guarantee {
    private Guarantee() {}

    static String of(PipelineSpec spec) {
        var text = new StringBuilder();
        switch (spec.delivery()) {
            case EXACTLY_ONCE ->
                    text.append(
                            "exactly once, in order per key: answers and the position in the input"
                                    + " are one transaction of the log; readers must read committed"
                                    + " records only");
            case AT_LEAST_ONCE -> {
                text.append("at least once, in order per key: the position in the input is");
                text.append(" committed after ").append(String.join(" and ", acknowledged(spec)));
                text.append("; after a fault the records in flight are answered again");
            }
        }
        boolean isFunction =
                spec.steps().stream().anyMatch(PipelineSpec.FunctionStep.class::isInstance);
        if (spec.delivery() == PipelineSpec.Delivery.EXACTLY_ONCE && isFunction) {
            text.append("; a function may see a record more than once");
        }
        if (!spec.onError().deadLetter()) {
            text.append("; failed records are dropped and counted");
        }
        return text.toString();
    }

    private static List<String> acknowledged(PipelineSpec spec) {
        var reasons = new ArrayList<String>();
        for (PipelineSpec.Output output : spec.to()) {
            String reason =
                    switch (output) {
                        case PipelineSpec.MqttOutput mqtt when mqtt.qos() == 0 ->
                                "the message was sent at QoS 0, which subscribers may miss";
                        case PipelineSpec.MqttOutput mqtt ->
                                mqtt.broker().isPresent()
                                        ? "the other broker acknowledged at QoS 1"
                                        : "the embedded broker took the message at QoS 1";
                        case PipelineSpec.KafkaOutput kafka ->
                                kafka.cluster().isPresent()
                                        ? "the other cluster acknowledged with acks=all"
                                        : "the log acknowledged the answer";
                        case PipelineSpec.StreamOutput() -> "the log acknowledged the answer";
                        case PipelineSpec.BucketOutput bucket ->
                                switch (bucket.action()) {
                                    case PUT ->
                                            bucket.batch().isPresent()
                                                    ? "the object store has the batch"
                                                    : "the object store has the answer";
                                    case COPY -> "the object store has copied the object";
                                    case MOVE -> "the object store has moved the object";
                                    case DELETE -> "the object store has deleted the object";
                                };
                    };
            if (!reasons.contains(reason)) {
                reasons.add(reason);
            }
        }
        return reasons;
    }
}
