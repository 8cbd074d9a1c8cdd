package io.millrace.codec;

import io.millrace.api.BatchingSpec;
import io.millrace.api.BucketConnection;
import io.millrace.api.CategorySpec;
import io.millrace.api.Condition;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.ImageSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.KafkaConnection;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.MonitorSpec;
import io.millrace.api.MqttConnection;
import io.millrace.api.OnlineSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ProjectSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.Revision;
import io.millrace.api.ScaleSpec;
import io.millrace.api.Scope;
import io.millrace.api.SemiSupervisedSpec;
import io.millrace.api.Spec;
import io.millrace.api.SplitSpec;
import io.millrace.api.Status;
import io.millrace.api.TopicRange;
import io.millrace.api.TrafficRule;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.TrainingSettings;
import io.millrace.api.TransformerSpec;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Makes valid resources of every kind, with texts that YAML readers like to misunderstand. */
final class RandomResources {

    private static final String[] FRAMEWORKS = {"tensorflow", "onnx", "tflite", "keras", "other"};
    private static final String[] ADDRESSES = {
        "blob:sha256:" + "0a".repeat(32),
        "https://host:8443/models/m.zip?v=1",
        "s3://bucket/models/m/",
        "file:///srv/models/m.onnx",
        "file:/srv/models/m"
    };

    private static final List<String> TEXTS =
            List.of(
                    "plain",
                    "two words",
                    "yes",
                    "null",
                    "~",
                    "true",
                    "1",
                    "1.0",
                    "0x1F",
                    "1e5",
                    ".inf",
                    "- a",
                    "a: b",
                    "a #b",
                    "#a",
                    "'",
                    "\"",
                    "\\",
                    "a\nb",
                    "a\nb\n",
                    "\na\n",
                    " a",
                    "a ",
                    "a\n\n",
                    "tab\there",
                    "é",
                    "日本",
                    "😀",
                    "\u0085",
                    "\u2028",
                    "\u0001",
                    "[a]",
                    "{a}",
                    "&a",
                    "*a",
                    "!a",
                    "%a",
                    "@a",
                    "`a",
                    "|",
                    ">",
                    "?",
                    "---",
                    "...",
                    "2026-11-20",
                    "a\r\nb",
                    "=",
                    "<<",
                    "\uFEFFx",
                    "def f():\n    return 1\n",
                    "  x\ny\n",
                    "x\n  y\n\nz\n",
                    "x \n");

    private final RandomGenerator random;
    private final RandomBuckets buckets;

    RandomResources(RandomGenerator random) {
        this.random = random;
        this.buckets = new RandomBuckets(random);
    }

    Resource<?> resource() {
        Manifest<?> manifest = manifest();
        return resource(manifest);
    }

    private <S extends Spec> Resource<S> resource(Manifest<S> manifest) {
        var metadata =
                new Metadata(
                        name(),
                        manifest.title(),
                        manifest.labels(),
                        1 + random.nextInt(9),
                        new Revision(1 + random.nextInt(99)),
                        instant());
        return new Resource<>(manifest.key(), metadata, manifest.spec(), status());
    }

    Manifest<?> manifest() {
        Kind kind = pick(Kind.values());
        Scope scope =
                kind.isInProject()
                        ? new Scope.InProject(new ProjectId(name()))
                        : new Scope.Install();
        var key = new ResourceKey(kind, scope, new ResourceName(name()));
        String title = maybe("", this::text);
        Map<String, String> labels = textMap();
        return switch (kind) {
            case PROJECT -> new Manifest<>(key, title, labels, project());
            case CATEGORY ->
                    new Manifest<>(key, title, labels, new CategorySpec(text(), filledTexts()));
            case DATA_SOURCE -> new Manifest<>(key, title, labels, dataSource());
            case FUNCTION -> new Manifest<>(key, title, labels, function());
            case MODEL -> new Manifest<>(key, title, labels, model());
            case INFERENCE_GRAPH -> new Manifest<>(key, title, labels, graph());
            case PIPELINE -> new Manifest<>(key, title, labels, pipeline());
            case MODEL_DEFINITION -> new Manifest<>(key, title, labels, definition());
            case DATASET -> new Manifest<>(key, title, labels, dataset());
            case EXPERIMENT -> new Manifest<>(key, title, labels, experiment());
            case TRAINING_RUN -> new Manifest<>(key, title, labels, trainingRun());
        };
    }

    private ProjectSpec project() {
        var members = new ArrayList<ProjectSpec.Member>();
        for (String user : distinctTexts()) {
            members.add(new ProjectSpec.Member(user, pick(ProjectSpec.Role.values())));
        }
        return new ProjectSpec(text(), members, names());
    }

    private DataSourceSpec dataSource() {
        DataSourceSpec.Connection connection = connection();
        var fields = new ArrayList<DataSourceSpec.Field>();
        for (String name : filledNames()) {
            fields.add(
                    new DataSourceSpec.Field(
                            new ResourceName(name),
                            topic(connection, name),
                            categories(),
                            connection instanceof DataSourceSpec.Bucket
                                    ? Optional.of(buckets.filter())
                                    : Optional.empty()));
        }
        return new DataSourceSpec(connection, fields, categories());
    }

    private DataSourceSpec.Connection connection() {
        return switch (random.nextInt(5)) {
            case 0 ->
                    new DataSourceSpec.EmbeddedMqtt(
                            maybe(Optional.empty(), () -> Optional.of(mqttUsers())),
                            maybe(
                                    OptionalInt.empty(),
                                    () -> OptionalInt.of(1 + random.nextInt(1_000))));
            case 1 ->
                    new DataSourceSpec.ExternalMqtt(
                            broker(), random.nextInt(3), maybe(Optional.empty(), this::someName));
            case 2 -> new DataSourceSpec.LogTopics();
            case 3 -> buckets.source(cluster(), name());
            default ->
                    new DataSourceSpec.ExternalKafka(
                            cluster(), maybe(Optional.empty(), this::someName));
        };
    }

    private DataSourceSpec.MqttUsers mqttUsers() {
        return new DataSourceSpec.MqttUsers(
                new ResourceName(name()),
                List.of("in/{user}", "all/+/{user}/#"),
                maybe(List.of(), () -> List.of("out/{user}")));
    }

    private Optional<String> someName() {
        return Optional.of(name());
    }

    private static String topic(DataSourceSpec.Connection connection, String name) {
        if (connection instanceof DataSourceSpec.Bucket) {
            return "photos.2026";
        }
        return connection instanceof DataSourceSpec.LogTopics
                        || connection instanceof DataSourceSpec.ExternalKafka
                ? name
                : "sites/+/{tenant}/" + name + "/#";
    }

    private Map<String, String> categories() {
        var map = new LinkedHashMap<String, String>();
        names().forEach(name -> map.put(name, filledTexts().getFirst()));
        return map;
    }

    private FunctionSpec function() {
        var parameters = new ArrayList<FunctionSpec.Parameter>();
        for (String name : distinctTexts()) {
            parameters.add(
                    new FunctionSpec.Parameter(name, pick(FunctionSpec.ParameterType.values())));
        }
        return new FunctionSpec(
                FunctionSpec.Language.PYTHON,
                name(),
                names(),
                new FunctionSpec.Source(filledTexts().getFirst(), maybe("", this::text)),
                parameters,
                duration().plusMillis(1),
                DataSize.ofMebibytes(32 + random.nextInt(5000)));
    }

    private ModelSpec model() {
        var versions = new ArrayList<ModelSpec.Version>();
        var aliases = new LinkedHashMap<String, Integer>();
        for (int i = 1; i <= random.nextInt(4); i++) {
            String uri = pick(ADDRESSES);
            versions.add(
                    new ModelSpec.Version(
                            i,
                            uri,
                            maybe(Optional.empty(), () -> Optional.of(decode())),
                            uri.startsWith("s3:")
                                    ? maybe(Optional.empty(), () -> Optional.of(store()))
                                    : Optional.empty()));
            aliases.put("alias " + i + name(), i);
        }
        return new ModelSpec(
                pick(FRAMEWORKS),
                versions,
                aliases,
                new BatchingSpec(
                        1 + random.nextInt(99),
                        Duration.ofNanos(random.nextLong(10_000_000_000L)),
                        1 + random.nextInt(9_999),
                        random.nextInt(9)),
                traffic(versions.size()),
                pick(ModelSpec.SignatureChange.values()),
                maybe(Optional.empty(), () -> Optional.of(monitor(versions.size()))),
                maybe(Optional.empty(), () -> Optional.of(transformer())));
    }

    private TransformerSpec transformer() {
        return new TransformerSpec(
                new ResourceName(name()),
                1 + random.nextInt(TransformerSpec.MAX_WORKERS),
                pick(TransformerSpec.Protocol.values()),
                textMap(),
                filledTexts(),
                Map.of("S3_ENDPOINT", text()),
                maybe(Optional.empty(), () -> Optional.of(new ResourceName(name()))),
                pick(TransformerSpec.Reply.values()),
                maybe(Optional.empty(), () -> Optional.of(Duration.ofMinutes(10))));
    }

    private BucketConnection store() {
        return new BucketConnection(
                pick("", "http://minio:9000", "https://store.example.com"),
                pick("us-east-1", "default"),
                maybe(Optional.empty(), () -> Optional.of(new ResourceName(name()))),
                random.nextBoolean());
    }

    private MonitorSpec monitor(int versions) {
        MonitorSpec.Distance distance = pick(MonitorSpec.Distance.values());
        return new MonitorSpec(
                1 - random.nextDouble(),
                versions > 0 && random.nextBoolean()
                        ? new MonitorSpec.SameAsVersion(1 + random.nextInt(versions))
                        : new MonitorSpec.FirstRecords(100 + random.nextInt(9_999)),
                100 + random.nextInt(9_999),
                distance,
                1 - random.nextDouble(),
                1 + random.nextInt(9),
                maybe(Optional.empty(), () -> Optional.of(labels())));
    }

    private MonitorSpec.Labels labels() {
        return new MonitorSpec.Labels(
                random.nextBoolean()
                        ? new MonitorSpec.LabelField(
                                new ResourceName(name()), new ResourceName(name()))
                        : new MonitorSpec.LabelTopic(name()),
                maybe(Optional.empty(), this::someName),
                filledTexts().getFirst(),
                maybe(Optional.empty(), this::someName),
                random.nextBoolean()
                        ? new MonitorSpec.NumberTarget(random.nextInt(9))
                        : new MonitorSpec.ClassTarget(distinctTexts()),
                duration().plusSeconds(1),
                maybe(Optional.empty(), () -> Optional.of(random.nextDouble())));
    }

    private TrafficRule traffic(int versions) {
        int version = 1 + random.nextInt(Math.max(1, versions));
        int percent = random.nextInt(101);
        return switch (versions == 0 ? 0 : random.nextInt(5)) {
            case 0 -> new TrafficRule.ByAlias();
            case 1 -> new TrafficRule.Pinned(version);
            case 2 -> new TrafficRule.Shadow(version, percent);
            case 3 -> new TrafficRule.Canary(version, percent, "");
            default -> new TrafficRule.Canary(version, percent, "x-user");
        };
    }

    private InferenceGraphSpec graph() {
        var nodes = new LinkedHashMap<String, InferenceGraphSpec.Node>();
        nodes.put(InferenceGraphSpec.ROOT, node(pick(InferenceGraphSpec.Router.values()), "next"));
        nodes.put("next", node(pick(InferenceGraphSpec.Router.values()), ""));
        return new InferenceGraphSpec(nodes);
    }

    private InferenceGraphSpec.Node node(InferenceGraphSpec.Router router, String next) {
        boolean isSwitch = router == InferenceGraphSpec.Router.SWITCH;
        InferenceGraphSpec.Target target =
                switch (random.nextInt(next.isEmpty() ? 2 : 3)) {
                    case 0 ->
                            new InferenceGraphSpec.Target.Model(
                                    new ResourceName(name()),
                                    VersionRef.parse(maybe("", this::name)));
                    case 1 -> new InferenceGraphSpec.Target.Function(new ResourceName(name()));
                    default -> new InferenceGraphSpec.Target.NodeOf(next);
                };
        return new InferenceGraphSpec.Node(
                router,
                List.of(
                        new InferenceGraphSpec.Step(
                                maybe("", this::name),
                                target,
                                random.nextBoolean(),
                                router == InferenceGraphSpec.Router.SPLITTER ? 100 : 0,
                                isSwitch || random.nextBoolean() ? "a.#(b==\"c\")" : "",
                                random.nextBoolean(),
                                random.nextBoolean())));
    }

    private PipelineSpec pipeline() {
        var from =
                new PipelineSpec.From(
                        switch (random.nextInt(4)) {
                            case 0 ->
                                    new PipelineSpec.ByCategories(
                                            Map.of(
                                                    name(),
                                                    filledTexts(),
                                                    "b" + name(),
                                                    filledTexts()));
                            case 1 -> new PipelineSpec.ByPipeline(new ResourceName(name()));
                            case 2 -> new PipelineSpec.ByLogTopic(name());
                            default ->
                                    new PipelineSpec.ByDataSource(
                                            new ResourceName(name()),
                                            names().stream().map(ResourceName::new).toList());
                        },
                        pick(PipelineSpec.Start.values()));
        var steps = new ArrayList<PipelineSpec.Step>();
        for (int i = random.nextInt(4); i > 0; i--) {
            steps.add(
                    switch (steps.isEmpty() ? random.nextInt(4) : 1 + random.nextInt(3)) {
                        case 0 -> window();
                        case 2 -> new PipelineSpec.PredictStep(new ResourceName(name()), version());
                        case 1 ->
                                new PipelineSpec.FunctionStep(new ResourceName(name()), textMap());
                        default ->
                                new PipelineSpec.ModelStep(
                                        random.nextBoolean()
                                                ? new PipelineSpec.OneModel(
                                                        new ResourceName(name()))
                                                : new PipelineSpec.SelectedModel(
                                                        "{header.model}",
                                                        List.of(new ResourceName(name()))),
                                        version(),
                                        maybe(Optional.empty(), () -> Optional.of(decode())),
                                        encode());
                    });
        }
        boolean exact = random.nextInt(4) == 0;
        return new PipelineSpec(
                from,
                steps,
                exact
                        ? List.of(
                                new PipelineSpec.KafkaOutput(
                                        name(),
                                        Optional.empty(),
                                        false,
                                        names(),
                                        random.nextInt(1_000),
                                        random.nextBoolean()),
                                new PipelineSpec.StreamOutput())
                        : List.of(
                                new PipelineSpec.MqttOutput("x/{project}/" + name()),
                                new PipelineSpec.MqttOutput(
                                        "{tenant}/" + name(),
                                        maybe(Optional.empty(), () -> Optional.of(broker())),
                                        random.nextInt(2),
                                        random.nextBoolean(),
                                        random.nextBoolean()),
                                new PipelineSpec.KafkaOutput(
                                        name(),
                                        maybe(Optional.empty(), () -> Optional.of(cluster())),
                                        random.nextBoolean(),
                                        List.of(),
                                        random.nextInt(1_000),
                                        random.nextBoolean()),
                                bucketOutput()),
                exact ? PipelineSpec.Delivery.EXACTLY_ONCE : PipelineSpec.Delivery.AT_LEAST_ONCE,
                new PipelineSpec.ErrorPolicy(
                        1 + random.nextInt(9), duration(), random.nextBoolean()),
                scale());
    }

    private PipelineSpec.BucketOutput bucketOutput() {
        PipelineSpec.BucketAction action = pick(PipelineSpec.BucketAction.values());
        boolean isDelete = action == PipelineSpec.BucketAction.DELETE;
        boolean isBatch = action == PipelineSpec.BucketAction.PUT && random.nextBoolean();
        return new PipelineSpec.BucketOutput(
                action,
                isDelete ? "" : pick("results", "digit-{label}", "{project}.{answer.kind}"),
                isDelete ? "" : pick("{date}/{partition}-{offset}", "a/{partition}/{offset}.json"),
                maybe(Optional.empty(), () -> Optional.of(store())),
                isDelete || random.nextBoolean(),
                isBatch
                        ? Optional.of(
                                new PipelineSpec.BucketBatch(
                                        pick(
                                                PipelineSpec.BatchFormat.JSON,
                                                PipelineSpec.BatchFormat.CSV),
                                        1 + random.nextInt(99),
                                        Duration.ofSeconds(1 + random.nextInt(99))))
                        : Optional.empty());
    }

    private ScaleSpec scale() {
        int min = random.nextInt(9);
        return random.nextBoolean()
                ? ScaleSpec.fixed(1 + min)
                : new ScaleSpec(
                        min,
                        min + 1 + random.nextInt(9),
                        1 + random.nextInt(9_999),
                        duration().plusMillis(10),
                        duration().plusMillis(10));
    }

    private PipelineSpec.WindowStep window() {
        boolean isTimed = random.nextBoolean();
        return new PipelineSpec.WindowStep(
                distinctTexts(),
                name(),
                isTimed ? Optional.of(name()) : Optional.empty(),
                isTimed ? TimeUnit.NANOSECONDS : TimeUnit.SECONDS,
                1 + random.nextInt(99),
                random.nextGaussian(),
                1 + random.nextDouble(),
                name(),
                isTimed ? Optional.of(duration().plusMillis(1)) : Optional.empty(),
                duration());
    }

    private MqttConnection broker() {
        return new MqttConnection(
                pick("mqtt://broker:1883", "mqtts://10.0.0.1:8883"),
                maybe(Optional.empty(), () -> Optional.of(new ResourceName(name()))),
                maybe("", this::name),
                Duration.ofSeconds(1 + random.nextInt(99)));
    }

    private KafkaConnection cluster() {
        boolean isSasl = random.nextBoolean();
        return new KafkaConnection(
                "one:9092,two:9093",
                isSasl ? Optional.of(new ResourceName(name())) : Optional.empty(),
                isSasl ? Optional.of("SCRAM-SHA-512") : Optional.empty(),
                random.nextBoolean(),
                textMap());
    }

    private VersionRef version() {
        return switch (random.nextInt(3)) {
            case 0 -> new VersionRef.Serving();
            case 1 -> new VersionRef.Numbered(1 + random.nextInt(99));
            default -> new VersionRef.Alias("alias-" + name());
        };
    }

    private DecodeSpec decode() {
        return decode(false);
    }

    private DecodeSpec decode(boolean isLabel) {
        DecodeSpec.Format format = pick(DecodeSpec.Format.values());
        List<String> fields =
                switch (format) {
                    case RAW, IMAGE, NPY -> List.of();
                    case CSV -> maybe(List.of(), () -> List.of("7", "0"));
                    case MSGPACK, JSON, AVRO -> distinctTexts();
                };
        return new DecodeSpec(
                format,
                fields,
                decodedType(format, isLabel),
                maybe(1.0, random::nextGaussian),
                fields.size() > 1 ? pick(DecodeSpec.Order.values()) : DecodeSpec.Order.AS_LISTED,
                format == DecodeSpec.Format.JSON && random.nextBoolean(),
                maybe(List.of(), () -> List.of(28, 1 + random.nextInt(99))),
                format == DecodeSpec.Format.AVRO
                        ? Optional.of("[\"null\", \"float\"]")
                        : Optional.empty(),
                format == DecodeSpec.Format.IMAGE
                        ? Optional.of(
                                new ImageSpec(
                                        1 + random.nextInt(99),
                                        1 + random.nextInt(99),
                                        pick(ImageSpec.Colour.values()),
                                        random.nextBoolean()))
                        : Optional.empty());
    }

    private Optional<DataType> decodedType(DecodeSpec.Format format, boolean isLabel) {
        if (format == DecodeSpec.Format.RAW) {
            return Optional.of(
                    isLabel
                            ? pick(DataType.BYTES, DataType.INT64)
                            : pick(DataType.FP32, DataType.UINT8));
        }
        boolean takesText =
                isLabel && (format == DecodeSpec.Format.CSV || format == DecodeSpec.Format.JSON);
        return takesText && random.nextBoolean() ? Optional.of(DataType.BYTES) : Optional.empty();
    }

    private ModelDefinitionSpec definition() {
        return new ModelDefinitionSpec(
                pick(ModelDefinitionSpec.Library.values()),
                text(),
                new FunctionSpec.Source(filledTexts().getFirst(), text()),
                List.of("keras==3.15.1"));
    }

    private DatasetSpec dataset() {
        var ranges = new ArrayList<TopicRange>();
        for (String topic : filledNames()) {
            ranges.add(
                    random.nextBoolean()
                            ? TopicRange.all(topic)
                            : TopicRange.of(topic, random.nextInt(9), 3, 3 + random.nextInt(9)));
        }
        LabelSpec.Place place = pick(LabelSpec.Place.values());
        return new DatasetSpec(
                ranges,
                maybe(List.of(), () -> List.of(TopicRange.parse("more:0:7"))),
                decode(),
                new LabelSpec(
                        place,
                        place == LabelSpec.Place.HEADER ? filledTexts().getFirst() : "",
                        decode(true)),
                new SplitSpec(
                        random.nextInt(5) / 10.0,
                        random.nextInt(5) / 10.0,
                        pick(SplitSpec.Order.values()),
                        random.nextInt(99),
                        ranges.stream().filter(TopicRange::isClosed).distinct().limit(1).toList()),
                text());
    }

    private ExperimentSpec experiment() {
        return new ExperimentSpec(
                filledNames().stream().distinct().map(ResourceName::new).toList(),
                settings(),
                maybe(Optional.empty(), () -> someName().map(ResourceName::new)),
                random.nextBoolean(),
                maybe(Optional.empty(), () -> Optional.of(online())),
                maybe(Optional.empty(), () -> Optional.of(SemiSupervisedSpec.DEFAULT)),
                maybe(Optional.empty(), () -> Optional.of(retrain())));
    }

    private TrainingRunSpec trainingRun() {
        return new TrainingRunSpec(
                new ResourceName(name()),
                new ResourceName(name()),
                maybe(Optional.empty(), () -> someName().map(ResourceName::new)),
                settings(),
                maybe(Optional.empty(), () -> Optional.of(online())),
                maybe(Optional.empty(), () -> Optional.of(SemiSupervisedSpec.DEFAULT)),
                random.nextBoolean());
    }

    private TrainingSettings settings() {
        return new TrainingSettings(
                1 + random.nextInt(99),
                maybe(Map.of(), () -> Map.of("epochs", "5", "a", "[1, {'b': None}]")),
                maybe(Map.of(), () -> Map.of("verbose", "'auto'")),
                random.nextInt(99),
                random.nextBoolean(),
                Duration.ofSeconds(1 + random.nextInt(99)),
                TrainingSettings.DEFAULT_MEMORY);
    }

    private OnlineSpec online() {
        return new OnlineSpec(
                maybe(Optional.empty(), () -> Optional.of(Duration.ofSeconds(9))),
                maybe(Optional.empty(), () -> Optional.of("val_loss")),
                random.nextBoolean(),
                random.nextGaussian());
    }

    private RetrainSpec retrain() {
        return new RetrainSpec(
                OptionalLong.of(1 + random.nextInt(99)),
                maybe(Optional.empty(), () -> someName().map(ResourceName::new)),
                new ResourceName(name()),
                "val_loss",
                random.nextBoolean(),
                random.nextGaussian(),
                maybe(OptionalLong.empty(), () -> OptionalLong.of(random.nextInt(99))));
    }

    private EncodeSpec encode() {
        EncodeSpec.Format format = pick(EncodeSpec.Format.values());
        return format == EncodeSpec.Format.RAW
                ? new EncodeSpec(format, List.of(), 0, List.of())
                : random.nextInt(3) == 0
                        ? new EncodeSpec(
                                format, filledTexts(), 0, List.of(), Optional.of("{{output[0]}}"))
                        : new EncodeSpec(format, filledTexts(), random.nextInt(9), distinctTexts());
    }

    Status status() {
        var conditions = new ArrayList<Condition>();
        for (String type : names()) {
            conditions.add(
                    new Condition(
                            type, pick(Condition.Truth.values()), name(), text(), instant(), 3));
        }
        var versions = new ArrayList<ModelVersionStatus>();
        for (int i = 1; i <= random.nextInt(3); i++) {
            versions.add(
                    new ModelVersionStatus(
                            i,
                            pick(ModelVersionStatus.State.values()),
                            text(),
                            "",
                            random.nextLong(1L << 40),
                            text(),
                            text(),
                            List.of(new ModelVersionStatus.Check(name(), text())),
                            random.nextBoolean()));
        }
        return new Status(conditions, textMap(), versions);
    }

    private Instant instant() {
        return Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1 << 29));
    }

    private Duration duration() {
        return switch (random.nextInt(4)) {
            case 0 -> Duration.ofMillis(random.nextInt(5000));
            case 1 -> Duration.ofSeconds(random.nextInt(3000));
            case 2 -> Duration.ofMinutes(random.nextInt(59));
            default -> Duration.ofNanos(random.nextLong(1_000_000_000_000L));
        };
    }

    private String text() {
        return random.nextInt(4) > 0
                ? TEXTS.get(random.nextInt(TEXTS.size()))
                : "x" + TEXTS.get(random.nextInt(TEXTS.size())) + TEXTS.get(random.nextInt(9));
    }

    private List<String> filledTexts() {
        var texts = new LinkedHashSet<String>();
        do {
            String text = text();
            if (!text.isBlank()) {
                texts.add(text);
            }
        } while (texts.isEmpty() || random.nextInt(3) > 0);
        return List.copyOf(texts);
    }

    private List<String> distinctTexts() {
        return random.nextBoolean() ? List.of() : filledTexts();
    }

    private Map<String, String> textMap() {
        var map = new LinkedHashMap<String, String>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(text(), text());
        }
        return map;
    }

    private String name() {
        String letters = "abcXYZ019";
        var name = new StringBuilder("n");
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            name.append(letters.charAt(random.nextInt(letters.length())));
        }
        return name.append(random.nextInt(1 << 20)).toString();
    }

    private List<String> names() {
        return random.nextBoolean() ? List.of() : filledNames();
    }

    private List<String> filledNames() {
        var names = new ArrayList<String>();
        do {
            names.add(name() + names.size());
        } while (random.nextBoolean());
        return names;
    }

    @SafeVarargs
    private <T> T pick(T... values) {
        return values[random.nextInt(values.length)];
    }

    private <T> T maybe(T otherwise, Supplier<T> value) {
        return random.nextBoolean() ? otherwise : value.get();
    }
}
