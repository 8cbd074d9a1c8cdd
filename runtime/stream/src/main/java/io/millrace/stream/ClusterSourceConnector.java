package io.millrace.stream;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogClusters;
import io.millrace.spi.Meters;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies topics of other clusters into the log, one thread for each data source: what it has read
 * is committed there only after the log has it.
 */
public final class ClusterSourceConnector implements SourceConnector, AutoCloseable {
    private final StreamLog log;
    private final LogClusters clusters;
    private final Meters meters;
    private final TimeSource time;
    private final String nodeId;
    private final Secrets.Watch secretWatch;
    private final Map<ResourceKey, ClusterCopy> copies = new HashMap<>();

    /**
     * Copies nothing yet.
     *
     * @param secrets when one changes, the connections of its project are made anew
     * @param nodeId of this process, as in {@link StreamRuntime}
     */
    public ClusterSourceConnector(
            StreamLog log,
            LogClusters clusters,
            Secrets secrets,
            Meters meters,
            TimeSource time,
            String nodeId) {
        this.log = log;
        this.clusters = clusters;
        this.meters = meters;
        this.time = time;
        this.nodeId = nodeId;
        this.secretWatch =
                secrets.watch((project, _) -> {
                    synchronized (this) {
                        copies.forEach((key, copy) -> {
                            if (key.project().equals(project)) {
                                copy.reconnect();
                            }
                        });
                    }
                });
    }

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return connection instanceof DataSourceSpec.ExternalKafka;
    }

    @Override
    public void start(SourceBinding binding) {
        ClusterCopy before;
        synchronized (this) {
            before = copies.get(binding.source());
        }
        if (before != null && before.binding().equals(binding)) {
            return;
        }
        // Its members have the same names, so it leaves the group first.
        stop(binding.source());
        var copy = new ClusterCopy(binding, log, clusters, meters, time, Parking.threads(), nodeId);
        synchronized (this) {
            copies.put(binding.source(), copy);
        }
        copy.start();
    }

    @Override
    public synchronized SourceState state(ResourceKey source, Runnable changed) {
        ClusterCopy copy = copies.get(source);
        if (copy == null) {
            return new SourceState(false, "Stopped", "nothing is copied");
        }
        copy.changed(changed);
        return copy.state();
    }

    @Override
    public void stop(ResourceKey source) {
        ClusterCopy copy;
        synchronized (this) {
            copy = copies.remove(source);
        }
        if (copy != null) {
            copy.close();
        }
    }

    /** Ends all copying; what was read is committed first. Idempotent. */
    @Override
    public void close() {
        secretWatch.close();
        var all = new ArrayList<ClusterCopy>();
        synchronized (this) {
            all.addAll(copies.values());
            copies.clear();
        }
        all.forEach(ClusterCopy::stop);
        all.forEach(ClusterCopy::close);
    }
}
