package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model and its versions.
 *
 * @param framework the engine's name, such as {@code tensorflow}
 * @param versions what can be served, numbers unique
 * @param aliases names for versions, such as {@code production}
 * @param batching how calls are put together and how many may wait
 * @param traffic which version answers those who name none
 * @param signatureChange what happens when a version with another signature would take over
 * @param monitor how its calls are watched; empty when they are not
 * @param transformer user code that requests go through; empty when they go to the model as they
 *     are
 */
public record ModelSpec(
        String framework,
        List<Version> versions,
        Map<String, Integer> aliases,
        BatchingSpec batching,
        TrafficRule traffic,
        SignatureChange signatureChange,
        Optional<MonitorSpec> monitor,
        Optional<TransformerSpec> transformer)
        implements Spec {

    /** The alias of the version that answers those who name none. */
    public static final String PRODUCTION = "production";

    /** The alias of the version that was in production before: where a rollback leads. */
    public static final String PREVIOUS = "previous";

    public ModelSpec {
        versions = List.copyOf(versions);
        aliases = Map.copyOf(aliases);
    }

    /** A model that requests go to as they are. */
    public ModelSpec(
            String framework,
            List<Version> versions,
            Map<String, Integer> aliases,
            BatchingSpec batching,
            TrafficRule traffic,
            SignatureChange signatureChange,
            Optional<MonitorSpec> monitor) {
        this(
                framework,
                versions,
                aliases,
                batching,
                traffic,
                signatureChange,
                monitor,
                Optional.empty());
    }

    /** A model that nobody watches. */
    public ModelSpec(
            String framework,
            List<Version> versions,
            Map<String, Integer> aliases,
            BatchingSpec batching,
            TrafficRule traffic,
            SignatureChange signatureChange) {
        this(framework, versions, aliases, batching, traffic, signatureChange, Optional.empty());
    }

    /** A model with the standard batching, traffic by alias, and its signature guarded. */
    public static ModelSpec of(
            String framework, List<Version> versions, Map<String, Integer> aliases) {
        return new ModelSpec(
                framework,
                versions,
                aliases,
                BatchingSpec.STANDARD,
                new TrafficRule.ByAlias(),
                SignatureChange.REFUSE);
    }

    /**
     * One version; its content never changes.
     *
     * @param version a positive number chosen by the user
     * @param uri where its archive is: {@code blob:sha256:<hex>} in the server's own store, or an
     *     address that the server fetches once; the command line turns {@code file:} of its own
     *     machine into {@code blob:}
     * @param decode how payloads become its input, as its training samples did; pipelines that say
     *     nothing else decode so
     * @param store that an {@code s3:} address is in; empty for the one the server is set up with
     */
    public record Version(
            int version,
            String uri,
            Optional<DecodeSpec> decode,
            Optional<BucketConnection> store) {
        /** One of a store that the server is set up with, or of no store. */
        public Version(int version, String uri, Optional<DecodeSpec> decode) {
            this(version, uri, decode, Optional.empty());
        }

        /** One that leaves it to pipelines how payloads are decoded. */
        public Version(int version, String uri) {
            this(version, uri, Optional.empty());
        }
    }

    /**
     * Whether a version may take over although its inputs or outputs differ from those of the
     * version that answers now.
     */
    public enum SignatureChange {
        /** The old version goes on, and the model's status says why. */
        REFUSE,
        /** It takes over: the callers are known to be ready for it. */
        ALLOW
    }

    /** The version of a number. */
    public Optional<Version> version(int number) {
        return versions.stream().filter(v -> v.version() == number).findFirst();
    }

    /** The same with other versions. */
    public ModelSpec withVersions(List<Version> other) {
        return new ModelSpec(
                framework,
                other,
                aliases,
                batching,
                traffic,
                signatureChange,
                monitor,
                transformer);
    }

    /** The same with other aliases. */
    public ModelSpec withAliases(Map<String, Integer> other) {
        return new ModelSpec(
                framework,
                versions,
                other,
                batching,
                traffic,
                signatureChange,
                monitor,
                transformer);
    }

    /** The same with other batching. */
    public ModelSpec withBatching(BatchingSpec other) {
        return new ModelSpec(
                framework,
                versions,
                aliases,
                other,
                traffic,
                signatureChange,
                monitor,
                transformer);
    }

    /** The same with another rule for traffic. */
    public ModelSpec withTraffic(TrafficRule other) {
        return new ModelSpec(
                framework,
                versions,
                aliases,
                batching,
                other,
                signatureChange,
                monitor,
                transformer);
    }

    /** The same with another say on changed signatures. */
    public ModelSpec withSignatureChange(SignatureChange other) {
        return new ModelSpec(
                framework, versions, aliases, batching, traffic, other, monitor, transformer);
    }

    /** The same, watched so. */
    public ModelSpec withMonitor(MonitorSpec other) {
        return new ModelSpec(
                framework,
                versions,
                aliases,
                batching,
                traffic,
                signatureChange,
                Optional.of(other),
                transformer);
    }

    /** The same, with requests going through this. */
    public ModelSpec withTransformer(TransformerSpec other) {
        return new ModelSpec(
                framework,
                versions,
                aliases,
                batching,
                traffic,
                signatureChange,
                monitor,
                Optional.of(other));
    }
}
