package io.millrace.control;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.MonitorSpec;
import io.millrace.api.MonitorSpec.LabelField;
import io.millrace.api.MonitorSpec.LabelTopic;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.Optional;

/** Where the labels of models that are watched stand in the log. Pure. */
final class Labelling {
    private Labelling() {}

    /**
     * The spec with the topic of the log in place of a field whose records stand in a topic of
     * Kafka clients: only the data source tells which that is.
     */
    static ModelSpec inTheLog(Reconciler.Request<ModelSpec> request) {
        Optional<Labels> labels = request.spec().monitor().flatMap(MonitorSpec::labels);
        if (labels.isPresent()
                && labels.get().source() instanceof LabelField(var name, var field)) {
            return request.image()
                    .find(source(request.key(), name), DataSourceSpec.class)
                    .filter(found -> found.spec().connection() instanceof DataSourceSpec.LogTopics)
                    .flatMap(found -> found.spec().field(field))
                    .map(found -> withTopic(request.spec(), labels.get(), found.topic()))
                    .orElse(request.spec());
        }
        return request.spec();
    }

    /** Whether the labels of a model are a field of a data source. */
    static boolean reads(Resource<ModelSpec> model, ResourceName dataSource) {
        return model.spec()
                .monitor()
                .flatMap(MonitorSpec::labels)
                .filter(labels ->
                        labels.source() instanceof LabelField(var name, var _)
                                && name.equals(dataSource))
                .isPresent();
    }

    private static ResourceKey source(ResourceKey model, ResourceName name) {
        return ResourceKey.of(Kind.DATA_SOURCE, model.project(), name.value());
    }

    private static ModelSpec withTopic(ModelSpec spec, Labels labels, String topic) {
        MonitorSpec monitor = spec.monitor().orElseThrow();
        return spec.withMonitor(
                new MonitorSpec(
                        monitor.sample(),
                        monitor.reference(),
                        monitor.window(),
                        monitor.distance(),
                        monitor.threshold(),
                        monitor.after(),
                        Optional.of(
                                new Labels(
                                        new LabelTopic(topic),
                                        labels.key(),
                                        labels.value(),
                                        labels.series(),
                                        labels.target(),
                                        labels.within(),
                                        labels.trainingError()))));
    }
}
