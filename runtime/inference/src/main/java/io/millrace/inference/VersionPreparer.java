package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.FrameworkName;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.inference.ModelLibrary.Content;
import io.millrace.inference.ServedVersion.Prepared;
import io.millrace.spi.ModelConverter;
import io.millrace.spi.ModelEngine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes a version from its address to where it may be loaded: fetched, unpacked, tried. */
final class VersionPreparer {

    private static final Logger LOG = LoggerFactory.getLogger(VersionPreparer.class);

    /**
     * A probe that took too long or was killed may have met a busy machine; a model that does so
     * every time shall not keep the machine busy.
     */
    private static final int MAX_REJECTED_TRIES = 4;

    private final ResidencyConfig config;
    private final ModelLibrary library;
    private final Origins origins;
    private final Map<String, ModelEngine> engines;
    private final List<ModelConverter> converters;
    private final Prober prober;
    private final TimeSource time;

    VersionPreparer(
            ResidencyConfig config,
            ModelLibrary library,
            Origins origins,
            List<ModelEngine> engines,
            List<ModelConverter> converters,
            Prober prober,
            TimeSource time) {
        this.config = config;
        this.library = library;
        this.origins = origins;
        this.engines = engines.stream().collect(Collectors.toMap(ModelEngine::framework, e -> e));
        this.converters = List.copyOf(converters);
        this.prober = prober;
        this.time = time;
    }

    /**
     * Prepares; whatever goes wrong ends in the version's state.
     *
     * @return how long after this another try makes sense; empty when none does
     */
    Optional<Duration> prepare(ServedModel model, ServedVersion version) {
        if (!model.isWanted(version)) {
            return Optional.empty();
        }
        long start = time.nanoTime();
        try {
            Optional<Duration> again = tryPrepare(model, version);
            LOG.info(
                    "model {} version {}: {} after {} ms",
                    model.key(),
                    version.version(),
                    again.isEmpty() ? "tried" : "to be tried again",
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
            // end the thread or leave the version on its way for ever.
            LOG.error("model {} version {} cannot be prepared", model.key(), version.version(), e);
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

    private Optional<Duration> tryPrepare(ServedModel model, ServedVersion version) {
        String framework = model.spec().framework();
        if (converters.isEmpty()) {
            engine(framework); // nothing is fetched for which there is no engine
        }
        String sha256 = sha256(model, version);
        Content original;
        try {
            original = library.unpacked(sha256);
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            model.update(version, v -> v.missContent(e.text()));
            return Optional.empty();
        }
        long originalBytes = library.size(original);
        model.update(version, v -> v.describeContent(sha256, originalBytes));
        Source source = source(model, version, framework, original);
        return switch (verdict(model, version, source)) {
            case ProbeVerdict.Rejected(String reason, boolean isFinal) ->
                    failed(model, version, isFinal ? 0 : MAX_REJECTED_TRIES, v -> v.reject(reason));
            case ProbeVerdict.Accepted accepted -> {
                long bytes = MemoryBudget.estimate(library.size(source.content()));
                var prepared = new Prepared(source.engine(), source.content(), accepted, bytes);
                model.update(version, v -> v.accept(prepared));
                yield Optional.empty();
            }
        };
    }

    private String sha256(ServedModel model, ServedVersion version) {
        Optional<String> known = origins.known(model.key(), version.version(), version.uri());
        if (known.isPresent()) {
            return known.get();
        }
        model.update(
                version, v -> v.preparing("being fetched from " + Origins.withoutQuery(v.uri())));
        return origins.fetch(
                model.key(), version.version(), version.uri(), model.store(version.version()));
    }

    /** What is loaded by which engine. */
    private record Source(ModelEngine engine, Content content) {}

    /**
     * The declared engine takes what it knows; what it does not know may be something to convert.
     */
    private Source source(
            ServedModel model, ServedVersion version, String framework, Content original) {
        ModelEngine declared = engines.get(FrameworkName.canonical(framework));
        if (declared == null || !isFor(declared, original)) {
            for (ModelConverter converter : converters) {
                Optional<String> result = converter.accepts(original.files());
                if (result.isPresent()) {
                    ModelEngine engine = engine(result.get());
                    model.update(version, v -> v.preparing("being converted"));
                    return new Source(engine, library.converted(original, converter));
                }
            }
        }
        return new Source(engine(framework), original);
    }

    private static boolean isFor(ModelEngine engine, Content content) {
        try {
            engine.locate(content.files());
            return true;
        } catch (MillraceException e) {
            return false; // it says so again if there is no converter either
        }
    }

    private ProbeVerdict verdict(ServedModel model, ServedVersion version, Source source) {
        ModelEngine engine = source.engine();
        var known = library.verdict(source.content(), engine);
        if (known.isPresent()) {
            return known.get();
        }
        engine.locate(source.content().files()); // what is no model needs no process to find out
        model.update(version, ServedVersion::probing);
        ProbeVerdict verdict = prober.probe(engine.framework(), source.content().files());
        library.keep(source.content(), engine, verdict);
        return verdict;
    }

    private ModelEngine engine(String framework) {
        ModelEngine engine = engines.get(FrameworkName.canonical(framework));
        if (engine == null) {
            throw MillraceException.invalid(
                    "no engine for the framework '"
                            + framework
                            + "'; this server has "
                            + engines.keySet().stream().sorted().toList());
        }
        return engine;
    }
}
