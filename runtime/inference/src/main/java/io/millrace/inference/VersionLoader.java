package io.millrace.inference;

import io.millrace.api.FrameworkName;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a version from its archive to where it can be called. */
final class VersionLoader {

    private static final Logger LOG = LoggerFactory.getLogger(VersionLoader.class);

    /**
     * A probe that took too long or was killed may have met a busy machine; a model that does so
     * every time shall not keep the machine busy.
     */
    private static final int MAX_REJECTED_TRIES = 4;

    private static final Pattern BLOB_URI = Pattern.compile("blob:sha256:([0-9a-f]{64})");

    private final ResidencyConfig config;
    private final ModelLibrary library;
    private final Map<String, ModelEngine> engines;
    private final Prober prober;
    private final TimeSource time;
    private final Meters meters;

    VersionLoader(
            ResidencyConfig config,
            ModelLibrary library,
            List<ModelEngine> engines,
            Prober prober,
            TimeSource time,
            Meters meters) {
        this.config = config;
        this.library = library;
        this.engines = engines.stream().collect(Collectors.toMap(ModelEngine::framework, e -> e));
        this.prober = prober;
        this.time = time;
        this.meters = meters;
    }

    /**
     * Loads; whatever goes wrong ends in the version's state.
     *
     * @return how long after this another try makes sense; empty when none does
     */
    Optional<Duration> load(ServedModel model, ServedVersion version, ModelSpec spec) {
        if (!model.isWanted(version)) {
            return Optional.empty();
        }
        long start = time.nanoTime();
        try {
            Optional<Duration> again = tryLoad(model, version, spec);
            LOG.info(
                    "model {} version {}: {} after {} ms",
                    model.key(),
                    version.version(),
                    version.status().state().label(),
                    (time.nanoTime() - start) / 1_000_000);
            return again;
        } catch (MillraceException e) {
            LOG.warn("model {} version {}: {}", model.key(), version.version(), e.text());
            if (e.code().isTransient()) {
                return failed(model, version, Integer.MAX_VALUE, v -> v.postpone(e.text()));
            }
            model.update(version, v -> v.reject(e.text()));
            return Optional.empty();
        } catch (Throwable e) {
            // The supervisor of loading: neither a broken install nor an Error of an engine may
            // end the loader's thread or leave the version on its way for ever.
            LOG.error("model {} version {} cannot be loaded", model.key(), version.version(), e);
            String reason = "the server cannot load it: " + e;
            return failed(model, version, Integer.MAX_VALUE, v -> v.postpone(reason));
        }
    }

    /** How long to wait with the next try; empty when there shall be none. */
    private Optional<Duration> failed(
            ServedModel model,
            ServedVersion version,
            int maxTries,
            Consumer<ServedVersion> change) {
        var earlier = new AtomicInteger(Integer.MAX_VALUE);
        model.update(
                version,
                v -> {
                    earlier.set(v.countFailure());
                    change.accept(v);
                });
        return earlier.get() < maxTries - 1
                ? Optional.of(config.retryAfter(earlier.get()))
                : Optional.empty();
    }

    private Optional<Duration> tryLoad(ServedModel model, ServedVersion version, ModelSpec spec) {
        ModelEngine engine = engine(spec);
        String sha256 = hash(version.uri());
        Path content = library.unpacked(sha256);
        long size = library.size(content);
        model.update(version, v -> v.describeContent(sha256, size));
        return switch (verdict(model, version, engine, sha256, content)) {
            case ProbeVerdict.Rejected(String reason, boolean isFinal) ->
                    failed(model, version, isFinal ? 0 : MAX_REJECTED_TRIES, v -> v.reject(reason));
            case ProbeVerdict.Accepted accepted -> {
                model.update(version, ServedVersion::loading);
                serve(model, version, spec, engine.load(engine.locate(content)), accepted);
                yield Optional.empty();
            }
        };
    }

    private ProbeVerdict verdict(
            ServedModel model,
            ServedVersion version,
            ModelEngine engine,
            String sha256,
            Path content) {
        var known = library.verdict(sha256, engine);
        if (known.isPresent()) {
            return known.get();
        }
        engine.locate(content); // what is no model at all needs no process to find out
        model.update(version, ServedVersion::probing);
        ProbeVerdict verdict = prober.probe(engine.framework(), content);
        library.keep(sha256, engine, verdict);
        return verdict;
    }

    private void serve(
            ServedModel model,
            ServedVersion version,
            ModelSpec spec,
            LoadedModel loaded,
            ProbeVerdict.Accepted accepted) {
        Batcher batcher = batcher(model, version, spec, loaded, accepted);
        boolean isServed = false;
        try {
            warmUp(batcher, loaded.signatures(), accepted);
            var serving =
                    new ServedVersion.Serving(version.version(), batcher, loaded.signatures());
            String text =
                    accepted.signatures().stream()
                            .map(s -> s.name() + " " + s.text())
                            .collect(Collectors.joining("; "));
            isServed = model.update(version, v -> v.ready(serving, text));
        } finally {
            if (!isServed) {
                batcher.close();
            }
        }
    }

    private Batcher batcher(
            ServedModel model,
            ServedVersion version,
            ModelSpec spec,
            LoadedModel loaded,
            ProbeVerdict.Accepted accepted) {
        var batching = new HashMap<String, Batching>();
        for (ProbeVerdict.TriedSignature signature : accepted.signatures()) {
            batching.put(signature.name(), signature.batching());
        }
        String name = model.key().name() + "-" + version.version();
        return new Batcher(
                loaded,
                batching,
                BatchLimits.of(spec.batching(), config.workers()),
                Thread.ofPlatform().daemon().name("model-" + name + "-", 1).factory(),
                time,
                BatchMeters.of(
                        meters,
                        "project",
                        model.key().project().value(),
                        "model",
                        model.key().name().value(),
                        "version",
                        Integer.toString(version.version())));
    }

    private static void warmUp(
            Batcher batcher, List<Signature> signatures, ProbeVerdict.Accepted accepted) {
        for (ProbeVerdict.TriedSignature tried : accepted.signatures()) {
            for (Signature signature : signatures) {
                if (tried.hasRun()
                        && tried.name().equals(signature.name())
                        && TrialInputs.isFullyKnown(signature)) {
                    batcher.warmUp(signature, TrialInputs.zeros(signature, 1, 1));
                    batcher.warmUp(signature, TrialInputs.zeros(signature, 1, 1));
                }
            }
        }
    }

    private ModelEngine engine(ModelSpec spec) {
        ModelEngine engine = engines.get(FrameworkName.canonical(spec.framework()));
        if (engine == null) {
            throw MillraceException.invalid(
                    "no engine for the framework '"
                            + spec.framework()
                            + "'; this server has "
                            + engines.keySet().stream().sorted().toList());
        }
        return engine;
    }

    private static String hash(String uri) {
        Matcher matcher = BLOB_URI.matcher(uri);
        if (!matcher.matches()) {
            throw MillraceException.invalid(
                    "the address '"
                            + uri
                            + "' cannot be read by the server; upload the archive, which gives"
                            + " blob:sha256:…");
        }
        return matcher.group(1);
    }
}
