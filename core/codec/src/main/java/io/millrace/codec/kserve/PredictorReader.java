package io.millrace.codec.kserve;

import io.millrace.api.BucketConnection;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import io.millrace.codec.kserve.Predictor.CallSettings;
import io.millrace.codec.kserve.Predictor.Percent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Reads the predictor of a service. */
final class PredictorReader {

    private static final List<String> LEGACY = List.of("tensorflow", "onnx", "tflite");
    private static final List<String> OTHERS =
            List.of(
                    "sklearn",
                    "xgboost",
                    "lightgbm",
                    "pytorch",
                    "pmml",
                    "paddle",
                    "huggingface",
                    "mlflow",
                    "triton",
                    "containers",
                    "custom");
    private static final int MAX_BATCH_SIZE = 65_536;
    private static final int KSERVE_BATCH_SIZE = 32;
    private static final int MAX_LATENCY = 10_000;
    private static final int LATENCY = 5;
    private static final int MAX_WORKERS = 1_024;
    private static final int MAX_REPLICAS = 10_000;
    private static final List<String> PROTOCOLS = List.of("v1", "v2", "grpc-v2");

    private final ProjectId project;
    private final Accounts accounts;
    private final Notes notes;
    private final Optional<ModelSpec> model;

    /**
     * A reader for one service.
     *
     * @param model what it is now
     */
    PredictorReader(ProjectId project, Accounts accounts, Notes notes, Optional<ModelSpec> model) {
        this.project = project;
        this.accounts = accounts;
        this.notes = notes;
        this.model = model;
    }

    Predictor read(Value value) {
        var section = new Section(value, ServiceTables.PREDICTOR, notes);
        Value account = account(section);
        ReadModel read = model(section, account);
        replicas(section.optional("minReplicas"));
        section.optional("name");
        var settings = settings(section);
        var percent = Percent.of(section.optional("canaryTrafficPercent"));
        Value canary = section.optional("canary");
        section.end();
        return new Predictor(
                read.framework(),
                read.format(),
                read.address(),
                read.place(),
                read.store(),
                settings,
                percent,
                canary.isPresent() ? Optional.of(canary) : Optional.empty());
    }

    private static Value account(Section section) {
        Value older = section.optional("serviceAccount");
        Value name = section.optional("serviceAccountName");
        return name.isPresent() ? name : older;
    }

    private record ReadModel(
            String framework,
            Value format,
            String address,
            Value place,
            Optional<BucketConnection> store) {}

    private ReadModel model(Section section, Value account) {
        List<String> written =
                section.written(
                        Stream.of(List.of("model"), LEGACY, OTHERS).flatMap(List::stream).toList());
        if (written.size() > 1) {
            section.problem("only one of " + String.join(", ", written) + " is allowed");
        }
        Optional<String> way =
                written.stream().filter(w -> w.equals("model") || LEGACY.contains(w)).findFirst();
        if (way.isEmpty()) {
            if (written.isEmpty()) {
                section.problem("missing 'model', with modelFormat and storageUri");
            }
            Value none = section.optional("model");
            return new ReadModel("", none, "", none, Optional.empty());
        }
        return model(section.optional(way.get()), way.get(), account);
    }

    private ReadModel model(Value value, String way, Value account) {
        var section = new Section(value, ServiceTables.MODEL, notes);
        Value format = value;
        String framework = way;
        if (way.equals("model")) {
            var fields =
                    new Section(section.required("modelFormat"), ServiceTables.MODEL_FORMAT, notes);
            format = fields.required("name");
            framework = format.isPresent() ? framework(format) : "";
            fields.end();
        } else {
            section.optional("modelFormat");
        }
        section.optional("name");
        protocol(section.optional("protocolVersion"));
        Value storage = section.optional("storage");
        Value place = section.optional("storageUri");
        String address = "";
        Optional<BucketConnection> store = Optional.empty();
        if (storage.isPresent() && place.isPresent()) {
            place.problem("only one of storageUri, storage is allowed");
        } else if (storage.isPresent()) {
            var read = new StorageReader(project, accounts, notes).read(storage);
            place = storage;
            address = read.address();
            store = read.store();
        } else if (place.isPresent()) {
            address = StorageAddress.read(place).orElse("");
            store = StorageAddress.isInStore(address) ? store(account) : Optional.empty();
        } else {
            section.problem("missing 'storageUri'");
        }
        section.end();
        return new ReadModel(framework, format, address, place, store);
    }

    private static String framework(Value format) {
        String name = format.filledText().toLowerCase(Locale.ROOT);
        if (ServiceTables.FRAMEWORKS.contains(name)) {
            return name;
        }
        var refused =
                ServiceTables.PREDICTOR
                        .find(name)
                        .filter(rule -> rule.treatment() == FieldRule.Treatment.REFUSED)
                        .filter(_ -> OTHERS.contains(name));
        String shown = "model format '" + ForeignDocuments.shown(name) + "'";
        format.problem(
                refused.map(rule -> shown + " is not available: " + rule.text())
                        .orElseGet(() ->
                                "unknown "
                                        + shown
                                        + ForeignDocuments.hint(name, ServiceTables.FRAMEWORKS)));
        return "";
    }

    private static void protocol(Value value) {
        String text = value.isPresent() ? value.filledText().toLowerCase(Locale.ROOT) : "";
        if (text.equals("grpc-v1")) {
            value.problem(
                    "protocol 'grpc-v1' is not available: TensorFlow Serving's own gRPC is not"
                            + " spoken here; v1, v2 and grpc-v2 are");
        } else if (!text.isEmpty() && !PROTOCOLS.contains(text)) {
            value.problem(
                    "unknown protocol '%s'%s"
                            .formatted(
                                    ForeignDocuments.shown(text),
                                    ForeignDocuments.hint(text, PROTOCOLS)));
        }
    }

    /** Who reads the bucket: the account's secret, or what the model's newest version has. */
    private Optional<BucketConnection> store(Value account) {
        String name = account.isPresent() ? account.filledText() : Accounts.DEFAULT;
        Optional<BucketConnection> store = accounts.store(project, name);
        if (store.isPresent() || !account.isPresent()) {
            return store;
        }
        if (accounts.hasAccount(project, name)) {
            account.problem(
                    "none of the secrets of service account '%s' that are in these files has"
                                    .formatted(ForeignDocuments.shown(name))
                            + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; apply them together");
            return Optional.empty();
        }
        Optional<BucketConnection> before =
                model.stream()
                        .flatMap(spec -> spec.versions().reversed().stream())
                        .flatMap(version -> version.store().stream())
                        .findFirst();
        if (before.isPresent()) {
            notes.warn(
                    account,
                    "service account '%s' is not in these files: the store and the secret of the model's last version are used"
                            .formatted(name));
        } else {
            account.problem(
                    "service account '%s' is not in these files, and none is kept: apply it and its"
                                    .formatted(ForeignDocuments.shown(name))
                            + " secret together with the service, as in -f account.yaml -f"
                            + " service.yaml");
        }
        return before;
    }

    private void replicas(Value least) {
        if (least.isPresent() && least.integer(0, MAX_REPLICAS) > 0) {
            FieldRule rule = ServiceTables.PREDICTOR.find("maxReplicas").orElseThrow();
            notes.warn(least, "'minReplicas' has no effect: " + rule.text());
        }
    }

    private CallSettings settings(Section section) {
        Value concurrency = section.optional("containerConcurrency");
        int workers = concurrency.isPresent() ? concurrency.integer(0, MAX_WORKERS) : 0;
        Value batcher = section.optional("batcher");
        if (!batcher.isPresent()) {
            return new CallSettings(OptionalInt.empty(), Duration.ZERO, workers);
        }
        var fields = new Section(batcher, ServiceTables.BATCHER, notes);
        Value size = fields.optional("maxBatchSize");
        Value latency = fields.optional("maxLatency");
        var settings =
                new CallSettings(
                        OptionalInt.of(
                                size.isPresent()
                                        ? size.integer(1, MAX_BATCH_SIZE)
                                        : KSERVE_BATCH_SIZE),
                        Duration.ofMillis(
                                latency.isPresent() ? latency.integer(0, MAX_LATENCY) : LATENCY),
                        workers);
        fields.end();
        return settings;
    }
}
