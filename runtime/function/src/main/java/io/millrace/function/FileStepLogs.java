package io.millrace.function;

import io.millrace.api.DataSize;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.spi.Meters;
import io.millrace.spi.StepLogs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what functions print in files: one folder for each pipeline, a bounded number of files of
 * bounded size in it.
 *
 * <p>A line that cannot be kept (disk full) still reaches those who follow, and is counted.
 */
public final class FileStepLogs implements StepLogs, AutoCloseable {

    /** Before the name of a model; no resource has such a name. */
    private static final String MODEL_FOLDER = "model~";

    /** Files kept of a pipeline. */
    public static final int DEFAULT_FILES = 4;

    /** Size of each of them. */
    public static final DataSize DEFAULT_FILE_SIZE = DataSize.ofMebibytes(4);

    private static final Logger log = LoggerFactory.getLogger(FileStepLogs.class);

    private final Path root;
    private final int files;
    private final DataSize fileSize;
    private final Meters.Count notKept;
    private final Meters.Count lostByFollowers;
    private final Map<ResourceKey, PipelineLog> pipelines = new ConcurrentHashMap<>();
    private volatile boolean complained;

    /** Keeps logs below {@code root}, with the default bounds. */
    public FileStepLogs(Path root, Meters meters) {
        this(root, DEFAULT_FILES, DEFAULT_FILE_SIZE, meters);
    }

    /**
     * @param root a folder of its own, made when first needed
     * @param files how many are kept of a pipeline, at least 2
     * @param fileSize a file that grows beyond it is put aside
     */
    public FileStepLogs(Path root, int files, DataSize fileSize, Meters meters) {
        this.root = root.toAbsolutePath().normalize();
        this.files = Math.max(2, files);
        this.fileSize = fileSize;
        this.notKept =
                meters.count(
                        "millrace_log_lines_not_kept_total",
                        "Lines of functions that could not be written to disk.");
        this.lostByFollowers =
                meters.count(
                        "millrace_log_lines_lost_by_followers_total",
                        "Lines of functions that somebody who followed was too slow for.");
    }

    @Override
    public void lost(long lines) {
        lostByFollowers.add(lines);
    }

    @Override
    public void append(Line line) {
        try {
            log(line.pipeline()).append(line);
        } catch (IOException e) {
            notKept.increment();
            if (!complained) {
                complained = true;
                log.error("Lines of functions cannot be kept in {}", root, e);
            }
        }
    }

    @Override
    public List<Line> tail(ResourceKey pipeline, int lines) {
        try {
            return log(pipeline).tail(lines);
        } catch (IOException e) {
            log.error("The log of {} cannot be read", pipeline, e);
            return List.of();
        }
    }

    @Override
    public Subscription follow(ResourceKey pipeline, int lines, Follower follower) {
        PipelineLog.Past past;
        LogFollower delivery = new LogFollower(follower, lostByFollowers);
        PipelineLog own = log(pipeline);
        past = own.join(delivery);
        List<Line> old = new ArrayList<>();
        try {
            old.addAll(past.last(lines));
        } catch (IOException e) {
            log.error("The log of {} cannot be read", pipeline, e);
        }
        delivery.start(old);
        return () -> {
            own.leave(delivery);
            delivery.close();
        };
    }

    @Override
    public void open(ResourceKey pipeline) {
        log(pipeline).reopen();
    }

    @Override
    public void remove(ResourceKey pipeline) {
        try {
            log(pipeline).remove();
        } catch (IOException e) {
            log.warn("The log of {} could not be removed", pipeline, e);
        }
    }

    @Override
    public void close() {
        pipelines.values().forEach(PipelineLog::close);
    }

    private PipelineLog log(ResourceKey pipeline) {
        return pipelines.computeIfAbsent(
                pipeline, key -> new PipelineLog(key, folder(key), files, fileSize.bytes()));
    }

    /** Names of projects and pipelines hold no separators and begin with a letter or digit. */
    private Path folder(ResourceKey pipeline) {
        // A model may have the name of a pipeline.
        String name = pipeline.kind() == Kind.MODEL ? MODEL_FOLDER : "";
        return root.resolve(pipeline.project().value()).resolve(name + pipeline.name().value());
    }
}
