package io.millrace.codec.kserve;

import java.util.List;

/** What becomes of the fields of a {@code KafkaSource}. */
public final class KafkaSourceTables {

    static final FieldTable SPEC =
            FieldTable.titled("KafkaSource spec")
                    .honoured(
                            "bootstrapServers",
                            "the log itself when they are its own, else a data source of that cluster")
                    .honoured("topics", "the fields of the data source")
                    .honoured("consumerGroup", "the group that reads the other cluster")
                    .honoured(
                            "initialOffset",
                            "from.start: latest (default) or earliest; of another cluster all records are"
                                    + " copied first, which a warning says")
                    .honoured(
                            "delivery",
                            "{retry, backoffDelay}: onError; a dead letter goes to the pipeline's own topic")
                    .honoured(
                            "net",
                            "refused when TLS or SASL is on, since their secrets have other names here")
                    .honoured("sink", "the service that the pipeline calls")
                    .honoured(
                            "consumers", "scale.max: tasks grow and shrink with the lag, from one")
                    .warned("ordering", "order is kept for each key")
                    .warned("ceOverrides", "the model gets the record itself")
                    .warned("resources", "nothing runs in a pod")
                    .warned("serviceAccountName", "nothing runs in a pod")
                    .build();

    static final FieldTable DELIVERY =
            FieldTable.titled("KafkaSource spec.delivery")
                    .honoured("retry", "onError.attempts, one more than this")
                    .honoured("backoffDelay", "onError.backoff")
                    .warned("backoffPolicy", "the wait doubles with each attempt")
                    .warned("timeout", "the server's setting inference.timeout holds")
                    .refused(
                            "deadLetterSink",
                            "what fails is kept in the pipeline's dead letters: millrace dlq list")
                    .build();

    static final FieldTable SINK =
            FieldTable.titled("KafkaSource spec.sink")
                    .honoured(
                            "ref",
                            "an InferenceService, or a Service with a uri that names the model")
                    .honoured("uri", "…/v1/models/<model>:predict")
                    .warned("CACerts", "the model is called in the process")
                    .warned("audience", "the model is called in the process")
                    .build();

    private KafkaSourceTables() {}

    /** All tables, in the order of the documentation. */
    public static List<FieldTable> all() {
        return List.of(SPEC, DELIVERY, SINK);
    }
}
