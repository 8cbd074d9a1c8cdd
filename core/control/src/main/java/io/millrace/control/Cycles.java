package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.BucketOutput;
import io.millrace.api.PipelineSpec.KafkaOutput;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.PipelineSpec.StreamOutput;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TopicFilter;
import io.millrace.api.TopicTemplate;
import io.millrace.spi.LogTopic;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds pipelines that would feed themselves, directly or through others: what they write to is a
 * topic that a stream comes from which they read. Topics that depend on the record are known only
 * when records flow and are not looked at. Pure.
 */
final class Cycles {
    private final Map<ResourceKey, List<StreamSelection.Stream>> reads = new TreeMap<>();
    private final Map<ResourceKey, List<Edge>> writes = new HashMap<>();

    private Cycles(ProjectId project, StoreImage image) {

        var pipelines = image.all(Kind.PIPELINE, project, PipelineSpec.class);
        for (Resource<PipelineSpec> pipeline : pipelines) {
            var selection = pipeline.spec().from().selection();
            reads.put(pipeline.key(), StreamSelection.select(selection, project, image));
        }
        for (Resource<PipelineSpec> pipeline : pipelines) {
            writes.put(pipeline.key(), edges(pipeline));
        }
    }

    /** The cycles in which resources take part that are to be written; each is given once. */
    static List<Refusal> madeBy(Collection<? extends Manifest<?>> manifests, StoreImage after) {
        var touched = new HashSet<ResourceKey>();
        var projects = new TreeSet<ProjectId>();
        for (Manifest<?> manifest : manifests) {
            Kind kind = manifest.key().kind();
            if (kind == Kind.PIPELINE || kind == Kind.DATA_SOURCE) {
                touched.add(manifest.key());
                projects.add(manifest.key().project());
            }
        }
        var refusals = new ArrayList<Refusal>();
        for (ProjectId project : projects) {
            refusals.addAll(new Cycles(project, after).refusals(touched));
        }
        return refusals;
    }

    private List<Refusal> refusals(Set<ResourceKey> touched) {
        var refusals = new ArrayList<Refusal>();
        var reported = new HashSet<ResourceKey>();
        for (ResourceKey start : reads.keySet()) {
            List<Edge> cycle = shortestCycle(start);
            boolean isNew = cycle.stream().noneMatch(edge -> reported.contains(edge.from()));
            if (!cycle.isEmpty() && isNew) {
                blame(cycle, touched).ifPresent(key -> refusals.add(refusal(key, cycle)));
                cycle.forEach(edge -> reported.add(edge.from()));
            }
        }
        return refusals;
    }

    private static Optional<ResourceKey> blame(List<Edge> cycle, Set<ResourceKey> touched) {
        return cycle.stream()
                .flatMap(edge -> Stream.concat(Stream.of(edge.from()), edge.by().owner().stream()))
                .filter(touched::contains)
                .findFirst();
    }

    private static Refusal refusal(ResourceKey key, List<Edge> cycle) {
        var path = new StringBuilder();
        for (Edge edge : cycle) {
            path.append(edge.from().label())
                    .append(" writes to ")
                    .append(edge.output())
                    .append(", which is read from ")
                    .append(origin(edge.by()))
                    .append(" by ");
        }
        path.append(cycle.getLast().to().label());
        String pointer = key.kind() == Kind.PIPELINE ? "/spec/to" : "/spec/fields";
        return new Refusal(
                key, ErrorCode.INVALID, pointer, "records would go in a circle: " + path);
    }

    /** Breadth first, so that the message shows no detour. */
    private List<Edge> shortestCycle(ResourceKey start) {
        Map<ResourceKey, Edge> cameBy = new HashMap<>();
        List<ResourceKey> frontier = List.of(start);
        while (!frontier.isEmpty()) {
            var next = new ArrayList<ResourceKey>();
            for (ResourceKey from : frontier) {
                for (Edge edge : writes.getOrDefault(from, List.of())) {
                    if (cameBy.putIfAbsent(edge.to(), edge) == null) {
                        next.add(edge.to());
                    }
                }
            }
            if (cameBy.containsKey(start)) {
                return pathTo(start, cameBy);
            }
            frontier = next;
        }
        return List.of();
    }

    private static List<Edge> pathTo(ResourceKey start, Map<ResourceKey, Edge> cameBy) {
        var path = new ArrayList<Edge>();
        Edge edge = cameBy.get(start);
        while (edge != null) {
            path.addFirst(edge);
            edge = edge.from().equals(start) ? null : cameBy.get(edge.from());
        }
        return path;
    }

    private List<Edge> edges(Resource<PipelineSpec> pipeline) {
        var edges = new ArrayList<Edge>();
        for (PipelineSpec.Output output : pipeline.spec().to()) {
            reads.forEach((reader, streams) ->
                    streams.stream()
                            .filter(stream -> feeds(output, pipeline.key(), stream))
                            .findFirst()
                            .ifPresent(stream ->
                                    edges.add(
                                            new Edge(
                                                    pipeline.key(),
                                                    describe(output),
                                                    stream,
                                                    reader))));
        }
        return edges;
    }

    private boolean feeds(
            PipelineSpec.Output output, ResourceKey pipeline, StreamSelection.Stream stream) {
        return switch (output) {
            case MqttOutput mqtt ->
                    mqtt.broker().isEmpty()
                            && stream.filter().isPresent()
                            && fixed(mqtt.topic(), pipeline)
                                    .filter(name ->
                                            TopicFilter.matches(stream.filter().get(), name))
                                    .isPresent();
            case KafkaOutput kafka ->
                    kafka.cluster().isEmpty()
                            && fixed(kafka.topic(), pipeline)
                                    .filter(stream.logTopic()::equals)
                                    .isPresent();
            case StreamOutput() ->
                    stream.logTopic()
                            .equals(LogTopic.ofStream(pipeline.project(), pipeline.name()));
            case BucketOutput bucket ->
                    BucketLoops.feeds(
                            bucket, pipeline, objectsOf(pipeline, new HashSet<>()), stream);
        };
    }

    /** The streams of objects that a pipeline's records are about, through others too. */
    private List<StreamSelection.Stream> objectsOf(ResourceKey pipeline, Set<ResourceKey> seen) {
        var found = new ArrayList<StreamSelection.Stream>();
        if (!seen.add(pipeline)) {
            return found;
        }
        for (StreamSelection.Stream stream : reads.getOrDefault(pipeline, List.of())) {
            if (stream.objects().isPresent()) {
                found.add(stream);
            }
            stream.owner()
                    .filter(owner -> owner.kind() == Kind.PIPELINE)
                    .ifPresent(owner -> found.addAll(objectsOf(owner, seen)));
        }
        return found;
    }

    /** Empty too for what was stored when less was refused; that pipeline does not run. */
    private static Optional<String> fixed(String topic, ResourceKey pipeline) {
        return TopicTemplate.problem(topic).isPresent()
                ? Optional.empty()
                : TopicTemplate.parse(topic).in(pipeline).fixed();
    }

    private static String describe(PipelineSpec.Output output) {
        return switch (output) {
            case MqttOutput mqtt -> "MQTT topic '" + mqtt.topic() + "'";
            case KafkaOutput kafka -> "log topic '" + kafka.topic() + "'";
            case StreamOutput() -> "its stream";
            case BucketOutput bucket ->
                    "bucket '" + bucket.bucket() + "' as '" + bucket.key() + "'";
        };
    }

    private static String origin(StreamSelection.Stream stream) {
        boolean isSource = stream.owner().filter(key -> key.kind() == Kind.DATA_SOURCE).isPresent();
        return isSource ? "data source " + stream.label() : stream.label();
    }

    /** What one pipeline writes comes to another by a stream. */
    private record Edge(
            ResourceKey from, String output, StreamSelection.Stream by, ResourceKey to) {}
}
