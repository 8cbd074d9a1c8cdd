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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a version from its archive to where it can be called. */
final class VersionLoader {

    private static final Logger LOG = LoggerFactory.getLogger(VersionLoader.class);
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

    /** Loads; whatever goes wrong ends in the version's state. */
    void load(ServedModel model, ServedVersion version, ModelSpec spec) {
        long start = time.nanoTime();
        try {
            tryLoad(model, version, spec);
            LOG.info(
                    "model {} version {}: {} after {} ms",
                    model.key(),
                    version.version(),
                    version.status().state().label(),
                    (time.nanoTime() - start) / 1_000_000);
        } catch (MillraceException e) {
            LOG.warn("model {} version {}: {}", model.key(), version.version(), e.text());
            if (e.code().isTransient()) {
                model.update(version, v -> v.postpone(e.text()));
            } else {
                model.update(version, v -> v.reject(e.text()));
            }
        } catch (RuntimeException | LinkageError e) {
            // The supervisor of loading: a broken install must not end the loader's thread.
            LOG.error("model {} version {} cannot be loaded", model.key(), version.version(), e);
            model.update(version, v -> v.postpone("the server cannot load it: " + e));
        }
    }

    private void tryLoad(ServedModel model, ServedVersion version, ModelSpec spec) {
        ModelEngine engine = engine(spec);
        String sha256 = hash(version.uri());
        Path content = library.unpacked(sha256);
        long size = library.size(content);
        model.update(version, v -> v.describeContent(sha256, size));
        switch (verdict(model, version, engine, sha256, content)) {
            case ProbeVerdict.Rejected(String reason, boolean _) ->
                    model.update(version, v -> v.reject(reason));
            case ProbeVerdict.Accepted accepted -> {
                model.update(version, ServedVersion::loading);
                serve(model, version, spec, engine.load(engine.locate(content)), accepted);
            }
        }
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
                new BatchLimits(
                        Math.max(1, spec.maxBatchSize()),
                        config.maxQueuedItems(),
                        config.workers()),
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
