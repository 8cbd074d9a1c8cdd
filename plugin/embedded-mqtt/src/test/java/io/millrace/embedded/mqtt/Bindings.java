package io.millrace.embedded.mqtt;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.spi.SourceBinding;
import java.util.Arrays;

/** Makes bindings whose log topic is {@code log.<filter>}. */
final class Bindings {

    private Bindings() {}

    static SourceBinding one(ProjectId project, String source, String... filters) {
        return new SourceBinding(
                ResourceKey.of(Kind.DATA_SOURCE, project, source),
                new DataSourceSpec.EmbeddedMqtt(),
                Arrays.stream(filters)
                        .map(filter ->
                                new SourceBinding.Route(
                                        new ResourceName("field"), filter, "log." + filter))
                        .toList());
    }
}
