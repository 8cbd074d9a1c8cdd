package io.millrace.codec.kserve;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.codec.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The secrets and the service accounts of a text: who may read from which store. */
final class Accounts {

    /** What an account is called that nobody names. */
    static final String DEFAULT = "default";

    /**
     * A secret that was read.
     *
     * @param connection of the object store that it is for; empty when it is for none
     */
    record ReadSecret(KServeResources.SecretValues values, Optional<BucketConnection> connection) {}

    private record Key(ProjectId project, String name) {}

    private final Map<Key, ReadSecret> secrets = new LinkedHashMap<>();
    private final Map<Key, List<Value>> accounts = new HashMap<>();

    void add(ReadSecret secret) {
        var values = secret.values();
        secrets.put(new Key(values.project(), values.name().value()), secret);
    }

    void addAccount(ProjectId project, ResourceName name, List<Value> names) {
        accounts.put(new Key(project, name.value()), names);
    }

    Optional<ReadSecret> secret(ProjectId project, String name) {
        return Optional.ofNullable(secrets.get(new Key(project, name)));
    }

    List<KServeResources.SecretValues> values() {
        return secrets.values().stream().map(ReadSecret::values).toList();
    }

    boolean hasAccount(ProjectId project, String name) {
        return accounts.containsKey(new Key(project, name));
    }

    /**
     * The store that an account has credentials of.
     *
     * @return empty when none of its secrets in the text is for a store
     */
    Optional<BucketConnection> store(ProjectId project, String account) {
        for (Value name : accounts.getOrDefault(new Key(project, account), List.of())) {
            Optional<BucketConnection> connection =
                    secret(project, name.looseText()).flatMap(ReadSecret::connection);
            if (connection.isPresent()) {
                return connection;
            }
        }
        return Optional.empty();
    }
}
