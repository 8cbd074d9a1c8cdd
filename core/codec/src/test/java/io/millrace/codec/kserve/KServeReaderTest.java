package io.millrace.codec.kserve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.BatchingSpec;
import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.Spec;
import io.millrace.api.TrafficRule;
import io.millrace.api.TransformerSpec;
import io.millrace.api.VersionRef;
import io.millrace.codec.Problem;
import io.millrace.codec.ResourceProblems;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class KServeReaderTest {

    private static final String ACCOUNT =
            """
            apiVersion: v1
            kind: Secret
            metadata:
              name: minio
              annotations:
                serving.kserve.io/s3-endpoint: minio-service:9000
                serving.kserve.io/s3-usehttps: "0"
                serving.kserve.io/s3-region: eu-west-3
            type: Opaque
            stringData: {AWS_ACCESS_KEY_ID: who, AWS_SECRET_ACCESS_KEY: hidden-words}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: reader}
            secrets: [{name: other}, {name: minio}]
            ---
            """;
    private static final BucketConnection MINIO =
            new BucketConnection(
                    "http://minio-service:9000",
                    "eu-west-3",
                    Optional.of(new ResourceName("minio")),
                    true);

    private final FakeSurroundings surroundings = new FakeSurroundings();

    @Test
    void aServiceIsAModelWithTheStoreOfItsAccount() {
        KServeResources read =
                read(
                        ACCOUNT
                                + """
                                apiVersion: serving.kserve.io/v1beta1
                                kind: InferenceService
                                metadata: {name: mnist, namespace: default, labels: {team: sight}}
                                spec:
                                  predictor:
                                    serviceAccountName: reader
                                    containerConcurrency: 3
                                    batcher: {maxBatchSize: 16, maxLatency: 20}
                                    model:
                                      modelFormat: {name: tensorflow, version: "2"}
                                      protocolVersion: v2
                                      storageUri: s3://mnist/export
                                """);
        assertThat(read.warnings()).isEmpty();
        assertThat(read.manifests()).hasSize(1);
        var manifest = read.manifests().getFirst().manifest();
        assertThat(manifest.key()).hasToString("default/Model/mnist");
        assertThat(manifest.labels()).containsEntry("team", "sight");
        ModelSpec model = model(read);
        assertThat(model.framework()).isEqualTo("tensorflow");
        assertThat(model.versions())
                .containsExactly(
                        new Version(1, "s3://mnist/export", Optional.empty(), Optional.of(MINIO)));
        assertThat(model.aliases()).containsExactly(Map.entry("production", 1));
        assertThat(model.batching())
                .isEqualTo(new BatchingSpec(16, Duration.ofMillis(20), 4096, 3));
        assertThat(read.secrets())
                .singleElement()
                .satisfies(secret -> {
                    assertThat(secret.name()).hasToString("minio");
                    assertThat(secret.values())
                            .containsEntry("accessKey", "who")
                            .containsEntry("secretKey", "hidden-words");
                    assertThat(secret.toString()).doesNotContain("hidden-words");
                });
    }

    @Test
    void theFormOf2019() {
        KServeResources read =
                read(
                        """
                        apiVersion: v1
                        kind: Secret
                        metadata:
                          name: mysecret
                          annotations:
                            serving.kubeflow.org/s3-endpoint: minio-service:9000
                            serving.kubeflow.org/s3-usehttps: "0"
                        data: {awsAccessKeyID: d2hv, awsSecretAccessKey: aGlkZGVu}
                        ---
                        apiVersion: v1
                        kind: ServiceAccount
                        metadata: {name: sa}
                        secrets: [{name: mysecret}]
                        ---
                        apiVersion: serving.kubeflow.org/v1alpha2
                        kind: InferenceService
                        metadata: {name: mnist}
                        spec:
                          default:
                            predictor:
                              minReplicas: 1
                              serviceAccountName: sa
                              tensorflow: {storageUri: "s3://mnist/model-v1/export"}
                          canaryTrafficPercent: 15
                          canary:
                            predictor:
                              serviceAccountName: sa
                              tensorflow: {storageUri: "s3://mnist/model-v2/export"}
                        """);
        ModelSpec model = model(read);
        assertThat(model.versions())
                .extracting(Version::uri)
                .containsExactly("s3://mnist/model-v1/export", "s3://mnist/model-v2/export");
        assertThat(model.versions().getFirst().store().orElseThrow().endpoint())
                .isEqualTo("http://minio-service:9000");
        assertThat(model.traffic()).isEqualTo(new TrafficRule.Canary(2, 15, ""));
        assertThat(model.aliases()).containsEntry("production", 1);
        assertThat(read.secrets().getFirst().values())
                .containsEntry("accessKey", "who")
                .containsEntry("secretKey", "hidden");
        assertThat(read.warnings())
                .singleElement()
                .satisfies(w -> {
                    assertThat(w.document()).isEqualTo(3);
                    assertThat(w.pointer()).isEqualTo("/spec/default/predictor/minReplicas");
                });
    }

    @Test
    void aChangedAddressIsTheNextVersionAndGetsItsShare() {
        ModelSpec first = model(read(onnx("s3://models/a", "")));
        surroundings.put("default/digits", first);

        ModelSpec tried = model(read(onnx("s3://models/b", "canaryTrafficPercent: 10")));
        assertThat(tried.versions()).extracting(Version::version).containsExactly(1, 2);
        assertThat(tried.traffic()).isEqualTo(new TrafficRule.Canary(2, 10, ""));
        assertThat(tried.aliases()).containsExactly(Map.entry("production", 1));
        surroundings.put("default/digits", tried);

        assertThat(model(read(onnx("s3://models/b", "canaryTrafficPercent: 0"))).traffic())
                .isEqualTo(new TrafficRule.Canary(2, 0, ""));
        assertThat(model(read(onnx("s3://models/b", "canaryTrafficPercent: 10")))).isEqualTo(tried);

        ModelSpec promoted = model(read(onnx("s3://models/b", "canaryTrafficPercent: 100")));
        assertThat(promoted.traffic()).isEqualTo(new TrafficRule.ByAlias());
        assertThat(promoted.aliases()).containsEntry("production", 2).containsEntry("previous", 1);
        assertThat(model(read(onnx("s3://models/b", "")))).isEqualTo(promoted);

        ModelSpec rolledBack = model(read(onnx("s3://models/a", "")));
        assertThat(rolledBack.traffic()).isEqualTo(new TrafficRule.ByAlias());
        assertThat(rolledBack.aliases()).containsExactly(Map.entry("production", 1));
    }

    @Test
    void oneEntryOfCanaryIsAVersionBesideTheOther() {
        String predictor =
                "predictor: {model: {modelFormat: {name: onnx}, storageUri: s3://models/b}}";
        ModelSpec model =
                model(
                        read(
                                onnx("s3://models/a", "")
                                        + "  canary: [{trafficPercent: 0, "
                                        + predictor
                                        + "}]\n"));
        assertThat(model.traffic()).isEqualTo(new TrafficRule.Canary(2, 0, ""));
        assertThat(model.aliases()).containsExactly(Map.entry("production", 1));
    }

    @Test
    void aCanarySaysNothingThatIsPassedOver() {
        String canary =
                "  canary: [{trafficPercent: 5, predictor: {%s model: {modelFormat: {name: onnx},"
                        + " storageUri: s3://models/b}}}]\n";
        KServeResources read =
                read(onnx("s3://models/a", "") + canary.formatted("batcher: {maxBatchSize: 4},"));
        assertThat(read.warnings())
                .singleElement()
                .satisfies(w -> assertThat(w.message()).contains("'batcher'"));
        assertThat(
                        problems(
                                onnx("s3://models/a", "")
                                        + canary.formatted("canaryTrafficPercent: 3,")))
                .singleElement()
                .satisfies(has("1 8 ", "no canary of its own"));
    }

    @Test
    void whatKServeCannotSayStaysAsItIs() {
        ModelSpec now =
                ModelSpec.of("onnx", List.of(new Version(7, "s3://models/a")), Map.of("blue", 7))
                        .withBatching(BatchingSpec.STANDARD.withMaxQueuedItems(9))
                        .withSignatureChange(ModelSpec.SignatureChange.ALLOW);
        surroundings.put("default/digits", now);
        ModelSpec next = model(read(onnx("s3://models/b", "")));
        assertThat(next.versions()).extracting(Version::version).containsExactly(7, 8);
        assertThat(next.aliases())
                .containsEntry("blue", 7)
                .containsEntry("production", 8)
                .containsEntry("previous", 7);
        assertThat(next.batching().maxQueuedItems()).isEqualTo(9);
        assertThat(next.signatureChange()).isEqualTo(ModelSpec.SignatureChange.ALLOW);
    }

    @Test
    void aFileThatTheModelHasIsRecognisedByItsContent() {
        surroundings.putFile("digits.onnx", "the content");
        String known = surroundings.contentAddress(1, "digits.onnx");
        surroundings.put(
                "default/digits",
                ModelSpec.of("onnx", List.of(new Version(1, known)), Map.of("production", 1)));
        assertThat(model(read(onnx("file://digits.onnx", ""))).versions())
                .extracting(Version::uri)
                .containsExactly(known);
        surroundings.putFile("digits.onnx", "another one");
        assertThat(model(read(onnx("file://digits.onnx", ""))).versions())
                .extracting(Version::uri)
                .containsExactly(known, "file:digits.onnx");
    }

    @Test
    void aTransformersClassIsAFunction() {
        surroundings.putFile("transformer.py", "class T: pass");
        KServeResources read =
                read(
                        """
                        apiVersion: v1
                        kind: Secret
                        metadata: {name: keys}
                        stringData: {AWS_SECRET_ACCESS_KEY: hidden-words}
                        ---
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata:
                          name: mnist
                          annotations:
                            millrace.io/transformer-file: transformer.py
                            millrace.io/transformer-requirements: pillow numpy
                        spec:
                          predictor: {model: {modelFormat: {name: onnx}, storageUri: s3://m/a}}
                          transformer:
                            containers:
                              - name: kserve-container
                                image: example/mnist-transformer:1
                                command: [python, -m, transformer]
                                args: [--model_name, mnist, --predictor_host=p, --workers, "2", --bucket, digits]
                                env:
                                  - {name: MODE, value: fast}
                                  - name: S3_SECRET
                                    valueFrom: {secretKeyRef: {name: keys, key: AWS_SECRET_ACCESS_KEY}}
                        """);
        assertThat(read.manifests())
                .extracting(t -> t.manifest().key().label())
                .containsExactly("Function/mnist-transformer", "Model/mnist");
        FunctionSpec function = spec(read, Kind.FUNCTION, FunctionSpec.class);
        assertThat(function.source())
                .isEqualTo(new FunctionSpec.Source("transformer.py", "class T: pass"));
        assertThat(function.requirements()).containsExactly("pillow", "numpy");
        TransformerSpec transformer = model(read).transformer().orElseThrow();
        assertThat(transformer.function()).hasToString("mnist-transformer");
        assertThat(transformer.workers()).isEqualTo(2);
        assertThat(transformer.arguments()).containsExactly("--bucket", "digits");
        assertThat(transformer.environment()).containsExactly(Map.entry("MODE", "fast"));
        assertThat(transformer.secret()).hasToString("Optional[mnist-transformer-env]");
        assertThat(read.secrets())
                .filteredOn(s -> s.name().value().equals("mnist-transformer-env"))
                .singleElement()
                .satisfies(s -> assertThat(s.values()).containsEntry("S3_SECRET", "hidden-words"));
        assertThat(read.warnings())
                .singleElement()
                .satisfies(w -> assertThat(w.message()).contains("--predictor_host"));
    }

    @Test
    void storageConfigIsAStore() {
        KServeResources read =
                read(
                        """
                        apiVersion: v1
                        kind: Secret
                        metadata: {name: storage-config}
                        stringData:
                          ours: '{"type": "s3", "access_key_id": "who", "secret_access_key": "hidden", "endpoint_url": "http://minio:9000", "default_bucket": "models", "region": "eu"}'
                        ---
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata: {name: digits}
                        spec:
                          predictor:
                            model:
                              modelFormat: {name: onnx}
                              storage: {key: ours, path: digits/1}
                        """);
        Version version = model(read).versions().getFirst();
        assertThat(version.uri()).isEqualTo("s3://models/digits/1");
        assertThat(version.store())
                .contains(
                        new BucketConnection(
                                "http://minio:9000",
                                "eu",
                                Optional.of(new ResourceName("storage-config-ours")),
                                true));
        assertThat(read.secrets())
                .extracting(s -> s.name().value())
                .containsExactlyInAnyOrder("storage-config", "storage-config-ours");
    }

    @Test
    void aSourceOfAnotherClusterThatPointsAtAService() {
        KServeResources read =
                read(
                        """
                        apiVersion: sources.knative.dev/v1beta1
                        kind: KafkaSource
                        metadata: {name: kafka-source, namespace: vision}
                        spec:
                          consumerGroup: knative-group
                          bootstrapServers: [my-cluster-kafka-bootstrap.kafka:9092]
                          topics: [mnist]
                          consumers: 4
                          delivery: {retry: 5, backoffDelay: PT0.5S}
                          sink:
                            ref: {apiVersion: serving.kserve.io/v1beta1, kind: InferenceService, name: mnist}
                            uri: /v1/models/mnist:predict
                        """);
        assertThat(read.manifests())
                .extracting(t -> t.manifest().key().toString())
                .containsExactly("vision/DataSource/kafka-source", "vision/Pipeline/kafka-source");
        var source = spec(read, Kind.DATA_SOURCE, DataSourceSpec.class);
        assertThat(source.connection())
                .isInstanceOfSatisfying(
                        DataSourceSpec.ExternalKafka.class,
                        kafka -> {
                            assertThat(kafka.cluster().bootstrap())
                                    .isEqualTo("my-cluster-kafka-bootstrap.kafka:9092");
                            assertThat(kafka.group()).contains("knative-group");
                        });
        var pipeline = spec(read, Kind.PIPELINE, PipelineSpec.class);
        assertThat(pipeline.steps())
                .containsExactly(
                        new PipelineSpec.PredictStep(
                                new ResourceName("mnist"), new VersionRef.Serving()));
        assertThat(pipeline.from().start()).isEqualTo(PipelineSpec.Start.LATEST);
        assertThat(read.warnings()).extracting(Warning::pointer).containsExactly("/spec/topics");
        assertThat(pipeline.onError())
                .isEqualTo(new PipelineSpec.ErrorPolicy(6, Duration.ofMillis(500), true));
        assertThat(pipeline.scale().max()).isEqualTo(4);
        assertThat(pipeline.to()).containsExactly(new PipelineSpec.StreamOutput());
    }

    @Test
    void aSourceOf2019ReadsFromTheOldest() {
        KServeResources read =
                read(
                        """
                        apiVersion: sources.eventing.knative.dev/v1alpha1
                        kind: KafkaSource
                        metadata: {name: k}
                        spec:
                          bootstrapServers: localhost:9092
                          topics: mnist,more
                          sink: {uri: "http://mnist.default.example.com/v1/models/mnist:predict"}
                        """);
        var source = spec(read, Kind.DATA_SOURCE, DataSourceSpec.class);
        assertThat(source.connection()).isEqualTo(new DataSourceSpec.LogTopics());
        assertThat(source.fields())
                .extracting(DataSourceSpec.Field::topic)
                .containsExactly("mnist", "more");
        assertThat(spec(read, Kind.PIPELINE, PipelineSpec.class).from().start())
                .isEqualTo(PipelineSpec.Start.EARLIEST);
    }

    @Test
    void aGraphHasOurWordsAlready() {
        KServeResources read =
                read(
                        """
                        apiVersion: v1
                        kind: Namespace
                        metadata: {name: pets}
                        ---
                        apiVersion: serving.kserve.io/v1alpha1
                        kind: InferenceGraph
                        metadata: {name: dogs, namespace: pets}
                        spec:
                          resources: {limits: {cpu: 1}}
                          nodes:
                            root: {routerType: Splitter, steps: [{serviceName: a, weight: 80}, {serviceName: b, weight: 20}]}
                        """);
        assertThat(read.manifests())
                .extracting(t -> t.manifest().key().toString())
                .containsExactly("Project/pets", "pets/InferenceGraph/dogs");
        assertThat(spec(read, Kind.INFERENCE_GRAPH, InferenceGraphSpec.class).nodes())
                .containsKey("root");
        assertThat(read.warnings()).extracting(Warning::pointer).containsExactly("/spec/resources");
    }

    @Test
    void tellsEverythingThatIsWrongAtOnceByNameAndPlace() {
        List<String> problems =
                problems(
                        """
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata:
                          name: mnist
                          annotations:
                            serving.kserve.io/stop: "true"
                            millrace.io/transformer-fil: x.py
                        spec:
                          explainer: {art: {}}
                          predictor:
                            serviceAccountName: nobody
                            logger: {mode: all}
                            batchr: {maxBatchSize: 3}
                            model:
                              modelFormat: {name: sklearn}
                              protocolVersion: grpc-v1
                              storageUri: s3://models/a
                          transformer:
                            containers: [{image: "example/t:1"}]
                        ---
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata: {name: digits}
                        spec:
                          predictor:
                            xgboost: {storageUri: "gs://models/x"}
                        ---
                        apiVersion: serving.kserve.io/v1beta1
                        kind: InferenceService
                        metadata: {name: pvc}
                        spec:
                          predictor: {onnx: {storageUri: "pvc://claim/x"}}
                        """);
        assertThat(problems)
                .satisfiesExactlyInAnyOrder(
                        has("1 6 /metadata/annotations/serving.kserve.io~1stop 'stop' is not"),
                        has("1 7 ", "did you mean 'millrace.io/transformer-file'?"),
                        has("1 9 /spec/explainer 'explainer' is not available"),
                        has("1 11 ", "service account 'nobody' is not in these files"),
                        has("1 12 /spec/predictor/logger 'logger' is not available"),
                        has("1 13 /spec/predictor/batchr", "did you mean 'batcher'?"),
                        has("1 15 ", "model format 'sklearn' is not available", "onnx"),
                        has("1 16 ", "grpc-v1"),
                        has(
                                "1 19 ",
                                "the image 'example/t:1' cannot be run here",
                                "transformer-file"),
                        has("2 26 /spec/predictor/xgboost 'xgboost' is not available"),
                        has("3 32 ", "'pvc://' is not available"));
    }

    @Test
    void showsNothingOfASecretThatIsWrong() {
        List<String> problems =
                problems(
                        """
                        apiVersion: v1
                        kind: Secret
                        metadata:
                          name: s
                          annotations: {serving.kserve.io/s3-endpoint: "user:pass@host:1/x"}
                        data: {a: "hidden-words!", b: [hidden-words]}
                        stringData: {c: {d: hidden-words}}
                        """);
        assertThat(problems).hasSizeGreaterThanOrEqualTo(3).noneMatch(p -> p.contains("hidden"));
    }

    @Test
    void anAccountThatWasAppliedBeforeIsRemembered() {
        surroundings.put(
                "default/digits",
                ModelSpec.of(
                        "onnx",
                        List.of(
                                new Version(
                                        1, "s3://models/a", Optional.empty(), Optional.of(MINIO))),
                        Map.of("production", 1)));
        KServeResources read = read(onnx("s3://models/b", "serviceAccountName: reader"));
        assertThat(model(read).versions().getLast().store()).contains(MINIO);
        assertThat(read.warnings()).hasSize(1);
    }

    @Test
    void theNamespaceIsTheProjectUnlessOneIsChosen() {
        String text =
                onnx("s3://models/a", "")
                        .replace("{name: digits}", "{name: digits, namespace: far}");
        assertThat(read(text).manifests().getFirst().manifest().key().project())
                .isEqualTo(new ProjectId("far"));
        var chosen =
                new KServeReader(
                        surroundings, Optional.of(new ProjectId("near")), ProjectId.DEFAULT);
        assertThat(chosen.read("", text).manifests().getFirst().manifest().key().project())
                .isEqualTo(new ProjectId("near"));
    }

    @Test
    void deletingAServiceDeletesWhatItBecame() {
        var targets =
                reader().targets(
                                "",
                                ACCOUNT
                                        + onnx("pvc://whatever", "logger: {}")
                                        + "  transformer: {containers: []}\n");
        assertThat(targets.keys())
                .extracting(key -> key.label())
                .containsExactly("Model/digits", "Function/digits-transformer");
        assertThat(targets.secrets()).hasSize(1);
        assertThat(targets.kept()).containsExactly("ServiceAccount/reader");
    }

    private static Consumer<String> has(String... parts) {
        return text -> {
            assertThat(text).startsWith(parts[0]);
            assertThat(text).contains(parts);
        };
    }

    private static String onnx(String uri, String more) {
        return """
        apiVersion: serving.kserve.io/v1beta1
        kind: InferenceService
        metadata: {name: digits}
        spec:
          predictor:
            %s
            model: {modelFormat: {name: onnx}, storageUri: "%s"}
        """
                .formatted(more, uri);
    }

    private KServeReader reader() {
        return new KServeReader(surroundings, Optional.empty(), ProjectId.DEFAULT);
    }

    private KServeResources read(String text) {
        return reader().read("", text);
    }

    private List<String> problems(String text) {
        var found = new java.util.ArrayList<Problem>();
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(ResourceProblems.class, e -> found.addAll(e.problems()));
        return found.stream()
                .map(p -> p.document() + " " + p.line() + " " + p.pointer() + " " + p.message())
                .toList();
    }

    private static ModelSpec model(KServeResources read) {
        return spec(read, Kind.MODEL, ModelSpec.class);
    }

    private static <S extends Spec> S spec(KServeResources read, Kind kind, Class<S> type) {
        return read.manifests().stream()
                .filter(t -> t.manifest().key().kind() == kind)
                .map(t -> type.cast(t.manifest().spec()))
                .findFirst()
                .orElseThrow();
    }
}
