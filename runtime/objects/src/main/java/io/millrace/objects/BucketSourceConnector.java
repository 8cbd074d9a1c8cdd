package io.millrace.objects;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ObjectNames;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogClusters;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents;
import io.millrace.spi.ObjectListener;
import io.millrace.spi.ObjectNotifications;
import io.millrace.spi.ObjectOrigins;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes news of objects, from stores over HTTP, from topics of Kafka, from the embedded store and
 * by looking, and puts them into the log. Senders are answered after that.
 */
public final class BucketSourceConnector
        implements SourceConnector, ObjectEvents, ObjectListener, ObjectOrigins, AutoCloseable {

    private final Needs needs;
    private final Secrets.Watch watch;
    private final Map<ResourceKey, BucketSource> sources = new ConcurrentHashMap<>();
    private volatile boolean isSettled;
    private volatile boolean isClosed;

    /**
     * Takes nothing yet.
     *
     * @param clusters other logs, from which events may come
     * @param stores where objects are
     * @param notifications how other stores are set up
     * @param secrets when one changes, senders prove themselves with the new one
     * @param nodeId of this process, as in the stream runtime
     * @param folder where it is kept what looks at buckets have seen
     */
    public BucketSourceConnector(
            StreamLog log,
            LogClusters clusters,
            ObjectStores stores,
            ObjectNotifications notifications,
            Secrets secrets,
            Meters meters,
            EventLog events,
            TimeSource time,
            String nodeId,
            Path folder) {
        this.needs =
                new Needs(
                        log,
                        clusters,
                        stores,
                        notifications,
                        secrets,
                        meters,
                        events,
                        time,
                        nodeId,
                        folder);
        this.watch =
                secrets.watch((project, _) ->
                        sources.values().stream()
                                .filter(source -> source.key().project().equals(project))
                                .forEach(BucketSource::renew));
    }

    // ---- for control

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return connection instanceof Bucket;
    }

    @Override
    public void start(SourceBinding binding) {
        ResourceKey key = binding.source();
        BucketSource before = sources.get(key);
        if (isClosed || (before != null && before.binding().equals(binding))) {
            return;
        }
        if (before != null) {
            // Its place in a consumer group and its file are the next one's.
            before.close();
            if (!before.hasSameTarget(binding)) {
                before.forget();
            }
        }
        var source = new BucketSource(binding, needs);
        sources.put(key, source);
        source.start();
    }

    @Override
    public SourceState state(ResourceKey source, Runnable changed) {
        BucketSource known = sources.get(source);
        if (known == null) {
            return new SourceState(false, "Stopped", "no events are taken");
        }
        known.changed(changed);
        return known.state();
    }

    @Override
    public void stop(ResourceKey source) {
        BucketSource known = sources.remove(source);
        if (known != null) {
            known.close();
            known.forget();
        }
    }

    // ---- for senders

    @Override
    public Received receive(ProjectId project, ResourceName source, Request request) {
        BucketSource known = sources.get(ResourceKey.of(Kind.DATA_SOURCE, project, source));
        if (known == null || !(known.connection().arrival() instanceof DataSourceSpec.OverHttp)) {
            if (!isSettled) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "the server is starting");
            }
            throw MillraceException.notFound(
                    "there is no data source %s in project %s that takes events of a store over HTTP"
                            .formatted(source, project));
        }
        return known.receive(request);
    }

    @Override
    public Optional<Place> at(String path) {
        List<BucketSource> overHttp =
                sources.values().stream()
                        .filter(s -> s.connection().arrival() instanceof DataSourceSpec.OverHttp)
                        .toList();
        Optional<BucketSource> found =
                overHttp.stream()
                        .filter(s ->
                                s.connection()
                                        .setUp()
                                        .address()
                                        .filter(a -> isAt(a, path))
                                        .isPresent())
                        .min(java.util.Comparator.comparing(BucketSource::key));
        if (found.isEmpty() && overHttp.size() == 1) {
            found = Optional.of(overHttp.getFirst());
        }
        return found.map(s -> new Place(s.key().project(), s.key().name()));
    }

    /** A secret segment may stand behind what is declared. */
    private static boolean isAt(String address, String path) {
        String declared = Optional.ofNullable(URI.create(address).getPath()).orElse("");
        String base = declared.endsWith("/") ? declared : declared + "/";
        return path.equals(declared) || (path + "/").equals(base) || path.startsWith(base);
    }

    @Override
    public void happened(ProjectId project, ObjectEvent event) {
        if (!isSettled || isClosed) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the data sources are not there yet, or not any more");
        }
        for (BucketSource source : sources.values()) {
            if (source.key().project().equals(project)
                    && source.connection().arrival() instanceof DataSourceSpec.Inside) {
                source.happened(event);
            }
        }
    }

    /**
     * Says that all data sources which are declared have been started once: from now on it is known
     * that nobody wants what nobody has asked for.
     */
    public void settled() {
        isSettled = true;
    }

    // ---- for outputs

    @Override
    public Optional<BucketConnection> storeOf(
            ProjectId project, ResourceName source, String bucket, String key) {
        BucketSource known = sources.get(ResourceKey.of(Kind.DATA_SOURCE, project, source));
        if (known == null) {
            throw MillraceException.notFound(
                    "there is no data source %s of objects in project %s"
                            .formatted(source, project));
        }
        boolean isOfIt =
                known.binding().routes().stream()
                        .anyMatch(route ->
                                route.topic().equals(bucket)
                                        && key.startsWith(
                                                route.objects()
                                                        .filter(f -> !f.ignoresCase())
                                                        .map(ObjectFilter::prefix)
                                                        .orElse("")));
        if (!isOfIt) {
            throw new MillraceException(
                    ErrorCode.DENIED,
                    "the data source %s has no field for s3://%s/%s"
                            .formatted(source, ObjectNames.shown(bucket), ObjectNames.shown(key)));
        }
        return known.connection().store();
    }

    /** Ends all; what was set up in stores stays. Idempotent. */
    @Override
    public void close() {
        isClosed = true;
        watch.close();
        sources.values().forEach(BucketSource::stop);
        sources.values().forEach(BucketSource::close);
        sources.clear();
    }
}
