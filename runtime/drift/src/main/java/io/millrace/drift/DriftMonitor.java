package io.millrace.drift;

import io.millrace.api.ModelSpec;
import io.millrace.api.MonitorSpec;
import io.millrace.api.MonitorSpec.LabelField;
import io.millrace.api.MonitorSpec.LabelTopic;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.CallObserver;
import io.millrace.spi.CallRecords;
import io.millrace.spi.DriftReport;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelMonitor;
import io.millrace.spi.StreamLog;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the models that shall be watched. Construct, {@link #start}, {@link #close}, once each;
 * before and after nothing is looked at.
 *
 * <pre>
 *   data plane --answered--> sampled? --copy--> short queue --> one thread --> sketches, windows
 *                               |                  '-full: counted           '--> join &lt;-- labels
 *                               '-no: gone
 * </pre>
 */
public final class DriftMonitor implements CallObserver, ModelMonitor, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DriftMonitor.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long TICK_MILLIS = 500;
    private static final @Nullable LogRecord[] NO_RECORDS = {};

    private final DriftConfig config;
    private final StreamLog log;
    private final EventLog events;
    private final Meters meters;
    private final TimeSource time;
    private final DoubleSupplier random;
    private final Map<ResourceKey, WatchedModel> models = new ConcurrentHashMap<>();
    private final Map<ResourceKey, LabelReader> readers = new ConcurrentHashMap<>();
    private final ArrayBlockingQueue<ObservedCall> queue;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Thread thread;
    private volatile boolean isWatching;
    private volatile boolean isRunning;
    private long savedAt;

    /**
     * Makes the monitor; does nothing yet.
     *
     * @param config limits and folder
     * @param log where labels are read
     * @param events where it says what happened
     * @param meters where numbers go
     * @param time the clock
     * @param random from 0 up to 1, evenly: chooses the calls of a sample
     */
    public DriftMonitor(
            DriftConfig config,
            StreamLog log,
            EventLog events,
            Meters meters,
            TimeSource time,
            DoubleSupplier random) {
        this.config = config;
        this.log = log;
        this.events = events;
        this.meters = meters;
        this.time = time;
        this.random = random;
        this.queue = new ArrayBlockingQueue<>(config.mostCalls());
        this.thread = Thread.ofPlatform().daemon().name("drift").unstarted(this::run);
    }

    /** Begins to look at calls and to read labels. */
    public synchronized void start() {
        isRunning = true;
        savedAt = time.nanoTime();
        readers.values().forEach(LabelReader::start);
        thread.start();
    }

    @Override
    public void answered(
            ResourceKey key,
            int version,
            Signature signature,
            List<Tensor> inputs,
            List<Tensor> outputs,
            CallRecords records) {
        if (!isWatching) {
            return;
        }
        WatchedModel model = models.get(key);
        if (model != null) {
            offer(model, version, signature, inputs, outputs, records);
        }
    }

    private void offer(
            WatchedModel model,
            int version,
            Signature signature,
            List<Tensor> inputs,
            List<Tensor> outputs,
            CallRecords records) {
        MonitorSpec spec = model.spec();
        if (spec.sample() < 1 && random.getAsDouble() >= spec.sample()) {
            return;
        }
        long bytes = TensorCopies.bytes(inputs) + TensorCopies.bytes(outputs);
        if (queue.remainingCapacity() == 0 || queuedBytes.get() + bytes > config.mostBytes()) {
            model.meters().skipped().increment();
            return;
        }
        var call =
                new ObservedCall(
                        model,
                        version,
                        signature,
                        TensorCopies.own(inputs),
                        TensorCopies.own(outputs),
                        spec.labels().isPresent() ? records(inputs, records) : NO_RECORDS,
                        bytes);
        queuedBytes.addAndGet(bytes);
        if (!queue.offer(call)) {
            queuedBytes.addAndGet(-bytes);
            model.meters().skipped().increment();
        }
    }

    private static @Nullable LogRecord[] records(List<Tensor> inputs, CallRecords records) {
        if (inputs.isEmpty() || records.record(0) == null) {
            return NO_RECORDS;
        }
        var shape = inputs.getFirst().shape();
        int items = shape.rank() == 0 ? 1 : (int) shape.extent(0);
        var all = new @Nullable LogRecord[items];
        for (int item = 0; item < items; item++) {
            all[item] = records.record(item);
        }
        return all;
    }

    private void run() {
        while (isRunning) {
            try {
                ObservedCall call = queue.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
                if (call != null) {
                    look(call);
                }
                tick();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Throwable e) {
                // The supervisor of this thread: a model that cannot be watched ends no watching.
                LOG.error("looking at a call failed", e);
            }
        }
    }

    /** Looks at all calls that wait; for tests that have no thread. */
    void doWork() {
        ObservedCall call = queue.poll();
        while (call != null) {
            look(call);
            call = queue.poll();
        }
    }

    private void look(ObservedCall call) {
        queuedBytes.addAndGet(-call.bytes());
        if (models.get(call.model().key()) == call.model()) {
            tell(call.model(), call.model().look(call));
        }
    }

    private void tick() {
        if (time.nanoTime() - savedAt >= config.saveEvery().toNanos()) {
            savedAt = time.nanoTime();
            models.values().forEach(WatchedModel::expire);
            models.values().forEach(WatchedModel::save);
        }
    }

    private void tell(WatchedModel model, List<WatchedModel.Happening> happenings) {
        if (happenings.isEmpty()) {
            return;
        }
        boolean isState = false;
        for (WatchedModel.Happening happening : happenings) {
            record(model.key(), happening);
            isState |= !(happening instanceof WatchedModel.WorseThanNaive);
        }
        if (isState) {
            model.save();
            model.tellChanged();
        }
    }

    private void record(ResourceKey key, WatchedModel.Happening happening) {
        String version = "version " + happening.version();
        switch (happening) {
            case WatchedModel.FirstCall _ -> LOG.debug("{} {} was called", key, version);
            case WatchedModel.ReferenceComplete(int _, long records) ->
                    events.record(
                            key,
                            EventLog.Severity.NORMAL,
                            "ReferenceComplete",
                            "%s is compared with %d records from now on"
                                    .formatted(version, records));
            case WatchedModel.Drifted(int _, String message) -> {
                LOG.warn("{} {} has drifted: {}", key, version, message);
                events.record(
                        key,
                        EventLog.Severity.WARNING,
                        "Drifted",
                        version
                                + ": "
                                + message
                                + "; see 'millrace models drift "
                                + key.name()
                                + "', train anew and promote, or roll back");
            }
            case WatchedModel.DriftEnded _ ->
                    events.record(
                            key,
                            EventLog.Severity.NORMAL,
                            "DriftEnded",
                            version + " sees again what it was compared with");
            case WatchedModel.WorseThanNaive(int _, DriftReport.LiveQuality quality) ->
                    events.record(
                            key,
                            EventLog.Severity.WARNING,
                            "WorseThanNaive",
                            version
                                    + " does worse than a guess without any model: "
                                    + told(quality));
        }
    }

    private static String told(DriftReport.LiveQuality quality) {
        return switch (quality.error()) {
            case DriftReport.NumberError error ->
                    "root mean square error %.4g, by the last label %.4g"
                            .formatted(error.rmse(), error.naiveRmse());
            case DriftReport.ClassError error ->
                    "%.1f %% right, by the most frequent class %.1f %%"
                            .formatted(100 * error.accuracy(), 100 * error.naiveAccuracy());
        };
    }

    @Override
    public synchronized void watch(ResourceKey key, ModelSpec spec, Runnable changed) {
        if (spec.monitor().isEmpty()) {
            remove(key);
            return;
        }
        MonitorSpec monitor = spec.monitor().get();
        WatchedModel known = models.get(key);
        Optional<Labels> before = known == null ? Optional.empty() : known.spec().labels();
        if (known == null) {
            var model = new WatchedModel(key, spec, monitor, folder(key), meters, time, changed);
            model.load();
            models.put(key, model);
        } else {
            known.declare(spec, monitor, changed);
        }
        isWatching = true;
        if (!before.equals(monitor.labels())) {
            stopReading(key, before.isPresent() && monitor.labels().isEmpty());
            monitor.labels().ifPresent(labels -> read(key, labels));
        }
    }

    private Path folder(ResourceKey key) {
        return config.folder().resolve(key.project().value()).resolve(key.name().value());
    }

    private void read(ResourceKey key, Labels labels) {
        String topic =
                switch (labels.source()) {
                    case LabelField(var source, var field) ->
                            LogTopic.ofField(key.project(), source, field);
                    case LabelTopic(String name) -> name;
                };
        var reader =
                new LabelReader(
                        "millrace-labels.%s.%s".formatted(key.project(), key.name()),
                        config.member() + "-labels-" + key.name(),
                        topic,
                        labels.within(),
                        log,
                        time,
                        record -> labelled(key, record));
        readers.put(key, reader);
        if (isRunning) {
            reader.start();
        }
    }

    /** Takes a record of the stream of labels of a model. */
    void labelled(ResourceKey key, LogRecord record) {
        WatchedModel model = models.get(key);
        if (model != null) {
            tell(model, model.labelled(record));
        }
    }

    private void stopReading(ResourceKey key, boolean forGood) {
        LabelReader reader = readers.remove(key);
        if (reader != null && forGood) {
            reader.forget();
        } else if (reader != null) {
            reader.close();
        }
    }

    @Override
    public Optional<DriftReport> report(ResourceKey key) {
        WatchedModel model = models.get(key);
        return model == null ? Optional.empty() : Optional.of(model.report());
    }

    @Override
    public synchronized void remove(ResourceKey key) {
        stopReading(key, true);
        WatchedModel model = models.remove(key);
        if (model != null) {
            model.forget();
        }
        Folders.deleteAll(folder(key));
        isWatching = !models.isEmpty();
    }

    /** Looks at no more calls, reads no more labels, and keeps what was seen. */
    @Override
    public synchronized void close() {
        isWatching = false;
        isRunning = false;
        for (ResourceKey key : new ArrayList<>(readers.keySet())) {
            stopReading(key, false);
        }
        try {
            if (thread.isAlive()) {
                thread.join(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        doWork();
        models.values().forEach(WatchedModel::save);
        models.clear();
    }

    /** Tensors as long as they are needed. */
    private static final class TensorCopies {
        private TensorCopies() {}

        static long bytes(List<Tensor> tensors) {
            long bytes = 0;
            for (int i = 0; i < tensors.size(); i++) {
                switch (tensors.get(i)) {
                    case Tensor.Numeric numeric -> bytes += numeric.data().byteSize();
                    case Tensor.Bytes strings -> {
                        for (byte[] value : strings.values()) {
                            bytes += value.length;
                        }
                    }
                }
            }
            return bytes;
        }

        /** Memory outside of the heap may be given back before the call was looked at. */
        static List<Tensor> own(List<Tensor> tensors) {
            for (int i = 0; i < tensors.size(); i++) {
                if (tensors.get(i) instanceof Tensor.Numeric numeric && numeric.data().isNative()) {
                    return copy(tensors);
                }
            }
            return tensors;
        }

        private static List<Tensor> copy(List<Tensor> tensors) {
            var copies = new ArrayList<Tensor>(tensors.size());
            for (Tensor tensor : tensors) {
                if (tensor instanceof Tensor.Numeric(var type, var shape, MemorySegment data)) {
                    var own = MemorySegment.ofArray(new byte[Math.toIntExact(data.byteSize())]);
                    copies.add(new Tensor.Numeric(type, shape, own.copyFrom(data)));
                } else {
                    copies.add(tensor);
                }
            }
            return copies;
        }
    }
}
