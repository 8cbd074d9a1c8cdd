package io.millrace.codec.kserve;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.ResourceProblems;
import io.millrace.codec.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads {@code storage}: a place in an object store that the secret storage-config describes. */
final class StorageReader {

    /** The secret that KServe keeps all stores of a namespace in, each as a text of JSON. */
    static final String SECRET = "storage-config";

    private final ProjectId project;
    private final Accounts accounts;
    private final Notes notes;

    StorageReader(ProjectId project, Accounts accounts, Notes notes) {
        this.project = project;
        this.accounts = accounts;
        this.notes = notes;
    }

    /** Where a model is; the address is empty when something was refused. */
    record Place(String address, Optional<BucketConnection> store) {}

    Place read(Value storage) {
        var section = new Section(storage, ServiceTables.STORAGE, notes);
        Value key = section.optional("key");
        String path = section.required("path").filledText();
        Map<String, String> parameters = section.optional("parameters").textMap();
        section.end();
        String name =
                key.isPresent()
                        ? key.filledText()
                        : "default_" + parameters.getOrDefault("type", "s3");
        Optional<String> text =
                accounts.secret(project, SECRET).map(secret -> secret.values().values().get(name));
        if (text.isEmpty()) {
            (key.isPresent() ? key : storage)
                    .problem(
                            "the secret %s with the entry '%s' must be in these files"
                                    .formatted(SECRET, ForeignDocuments.shown(name)));
            return new Place("", Optional.empty());
        }
        var settings = new HashMap<>(entry(storage, name, text.get()));
        settings.putAll(parameters);
        return place(storage, name, path, settings);
    }

    /** What an entry says; of what is wrong with it nothing is shown, for it holds a key. */
    private static Map<String, String> entry(Value storage, String name, String json) {
        try {
            return ForeignDocuments.read(
                    "", json, documents -> documents.getFirst().root().textMap());
        } catch (ResourceProblems e) {
            storage.problem(
                    "the entry '%s' of the secret %s is not a map in JSON"
                            .formatted(ForeignDocuments.shown(name), SECRET));
            return Map.of();
        }
    }

    private Place place(Value storage, String entry, String path, Map<String, String> settings) {
        String type = settings.getOrDefault("type", "s3");
        if (!type.equals("s3")) {
            storage.problem(
                    "storage of type '%s' is not available: s3 is"
                            .formatted(ForeignDocuments.shown(type)));
        }
        String bucket =
                settings.getOrDefault("bucket", settings.getOrDefault("default_bucket", ""));
        if (bucket.isBlank()) {
            storage.problem(
                    "missing 'bucket' in parameters, or default_bucket in the secret's entry");
        }
        String endpoint = settings.getOrDefault("endpoint_url", "");
        if (!endpoint.isEmpty()) {
            StoreAddress.problem(endpoint).ifPresent(storage::problem);
        }
        String accessKey = settings.getOrDefault("access_key_id", "");
        String secretKey = settings.getOrDefault("secret_access_key", "");
        Optional<ResourceName> secret = Optional.empty();
        if (!accessKey.isEmpty() && !secretKey.isEmpty()) {
            var name = new ResourceName(SECRET + "-" + fit(entry));
            secret = Optional.of(name);
            var values =
                    new KServeResources.SecretValues(
                            project, name, Map.of("accessKey", accessKey, "secretKey", secretKey));
            accounts.add(new Accounts.ReadSecret(values, Optional.empty()));
        }
        var connection =
                new BucketConnection(
                        endpoint,
                        settings.getOrDefault("region", BucketConnection.DEFAULT_REGION),
                        secret,
                        !endpoint.isEmpty());
        return new Place(
                "s3://" + bucket + "/" + path.replaceFirst("^/+", ""), Optional.of(connection));
    }

    /** Letters and digits of a text, for a name. */
    private static String fit(String text) {
        String fit = text.replaceAll("[^A-Za-z0-9._-]", "-");
        return fit.length() > 100 ? fit.substring(0, 100) : fit;
    }
}
