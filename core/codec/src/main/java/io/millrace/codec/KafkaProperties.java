package io.millrace.codec;

import io.millrace.api.KafkaConnection;
import java.util.List;
import java.util.Optional;

/**
 * Which settings of Kafka's clients a declaration may make. What it says is stored and shown, so
 * nothing secret has a place there; and who declares a resource must not make the server read files
 * or load classes.
 */
final class KafkaProperties {

    private static final List<String> PROOFS =
            List.of("security.", "sasl.", "ssl.keystore.", "ssl.truststore.", "ssl.key.");

    /** In names of settings that name a class, or where values are looked up. */
    private static final List<String> CODE =
            List.of(
                    "class",
                    "config.providers",
                    "engine.factory",
                    "reporters",
                    "serializer",
                    "assignment.strategy",
                    "assignors",
                    "ssl.provider");

    private KafkaProperties() {}

    /** Why a setting cannot be made here; empty when it can. */
    static Optional<String> problem(String name) {
        if (name.equals("bootstrap.servers")) {
            return Optional.of("'bootstrap' says it");
        }
        if (PROOFS.stream().anyMatch(name::startsWith)) {
            return Optional.of(
                    "'mechanism', 'tls' and the values of 'secret' say it; a declaration is shown to"
                            + " everybody");
        }
        if (CODE.stream().anyMatch(name::contains)) {
            return Optional.of("a declaration must not have the server load classes or read files");
        }
        // The log refuses them as well, but only when the cluster is opened.
        return KafkaConnection.PROMISED.contains(name)
                ? Optional.of("it cannot be set: what Millrace promises about delivery rests on it")
                : Optional.empty();
    }
}
