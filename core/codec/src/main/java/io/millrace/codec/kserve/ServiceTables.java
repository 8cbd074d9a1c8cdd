package io.millrace.codec.kserve;

import java.util.List;

/** What becomes of the fields of an {@code InferenceService}. */
public final class ServiceTables {

    static final List<String> FRAMEWORKS = List.of("tensorflow", "onnx", "tflite", "keras");

    private static final String NO_PODS =
            "nothing runs in a pod; the server loads the model itself";
    private static final String TASKS =
            "one process serves all models and uses all cores; it loads a model when it is called"
                    + " and lets it go when it is idle or memory is short";
    private static final String NOT_SERVED =
            "this server loads tensorflow, onnx, tflite and keras; ";

    private static final List<String> POD_FIELDS =
            List.of(
                    "activeDeadlineSeconds",
                    "affinity",
                    "automountServiceAccountToken",
                    "dnsConfig",
                    "dnsPolicy",
                    "enableServiceLinks",
                    "ephemeralContainers",
                    "hostAliases",
                    "hostIPC",
                    "hostNetwork",
                    "hostPID",
                    "hostUsers",
                    "hostname",
                    "imagePullSecrets",
                    "nodeName",
                    "nodeSelector",
                    "os",
                    "overhead",
                    "preemptionPolicy",
                    "priority",
                    "priorityClassName",
                    "readinessGates",
                    "resourceClaims",
                    "restartPolicy",
                    "runtimeClassName",
                    "schedulerName",
                    "schedulingGates",
                    "securityContext",
                    "setHostnameAsFQDN",
                    "shareProcessNamespace",
                    "subdomain",
                    "terminationGracePeriodSeconds",
                    "tolerations",
                    "topologySpreadConstraints",
                    "volumes");
    private static final List<String> CONTAINER_FIELDS =
            List.of(
                    "imagePullPolicy",
                    "lifecycle",
                    "livenessProbe",
                    "ports",
                    "readinessProbe",
                    "resizePolicy",
                    "resources",
                    "restartPolicy",
                    "securityContext",
                    "startupProbe",
                    "stdin",
                    "stdinOnce",
                    "terminationMessagePath",
                    "terminationMessagePolicy",
                    "tty",
                    "volumeDevices",
                    "volumeMounts",
                    "workingDir");

    static final FieldTable POD =
            FieldTable.titled("pod")
                    .honoured(
                            "serviceAccountName",
                            "its secret gives the credentials and the address of the object store")
                    .honoured("serviceAccount", "the older name of serviceAccountName")
                    .refused("initContainers", "container images are not run here")
                    .warned(POD_FIELDS, NO_PODS)
                    .build();

    private static final FieldTable SCALING =
            FieldTable.titled("scaling")
                    .warned(
                            List.of(
                                    "maxReplicas",
                                    "scaleMetric",
                                    "scaleTarget",
                                    "scaleMetricType",
                                    "autoScaling",
                                    "deploymentStrategy",
                                    "parallelism"),
                            TASKS)
                    .warned(
                            "timeout",
                            "the server's setting inference.timeout holds for all models")
                    .warned(
                            "timeoutSeconds",
                            "the server's setting inference.timeout holds for all models")
                    .warned("labels", "labels of pods; those of metadata are kept")
                    .warned("annotations", "annotations of pods; those of metadata are read")
                    .refused(
                            "logger",
                            "payloads of requests are not sent anywhere; have a pipeline with the"
                                    + " step 'predict' and an output for its answers instead, or"
                                    + " remove it")
                    .build();

    static final FieldTable METADATA =
            FieldTable.titled("metadata")
                    .honoured("name", "the model's name")
                    .honoured("namespace", "the project; --project wins")
                    .honoured("labels", "labels of the model")
                    .honoured("annotations", "see below")
                    .honoured("uid", "written by a cluster, passed over")
                    .honoured("resourceVersion", "written by a cluster, passed over")
                    .honoured("generation", "written by a cluster, passed over")
                    .honoured("creationTimestamp", "written by a cluster, passed over")
                    .honoured("managedFields", "written by a cluster, passed over")
                    .honoured("selfLink", "written by a cluster, passed over")
                    .warned("finalizers", "deleting needs nobody's leave")
                    .warned("ownerReferences", "nothing is deleted because something else is")
                    .refused("generateName", "give it a name in 'name'")
                    .build();

    static final FieldTable SPEC =
            FieldTable.titled("spec")
                    .honoured("predictor", "the model")
                    .honoured("transformer", "the model's transformer")
                    .honoured(
                            "canary",
                            "one entry {trafficPercent, predictor}: a version that takes its share;"
                                    + " more than one is refused")
                    .refused(
                            "explainer",
                            "explanations are not computed here; ':explain' answers 501")
                    .build();

    static final FieldTable PREDICTOR =
            FieldTable.titled("spec.predictor")
                    .honoured("model", "the model and its format")
                    .honoured("tensorflow", "as model with modelFormat tensorflow")
                    .honoured("onnx", "as model with modelFormat onnx")
                    .honoured("tflite", "as model with modelFormat tflite")
                    .honoured(
                            "minReplicas",
                            "0: in memory only while it is used; more is warned about, since "
                                    + TASKS)
                    .honoured(
                            "containerConcurrency",
                            "batching.workers: the most calls of the engine at the same time")
                    .honoured(
                            "canaryTrafficPercent",
                            "traffic: a changed storageUri is the next version and gets this share;"
                                    + " 100 or none promotes it")
                    .honoured("canary", "as in spec")
                    .honoured("batcher", "batching, inside the model host, for every protocol")
                    .honoured("name", "of a predictor among several, passed over")
                    .refused(
                            List.of("sklearn", "xgboost", "lightgbm"),
                            NOT_SERVED
                                    + "export it to ONNX (skl2onnx, onnxmltools) and name it in"
                                    + " model with modelFormat onnx")
                    .refused(
                            "pytorch",
                            NOT_SERVED
                                    + "export it with torch.onnx.export and name it in model with"
                                    + " modelFormat onnx")
                    .refused(
                            List.of("pmml", "paddle", "huggingface", "mlflow"),
                            NOT_SERVED + "export it to ONNX if its tools can")
                    .refused(
                            "triton",
                            "a Triton repository does not say what it holds before it is read; name"
                                    + " the format and the folder of one version in model, with"
                                    + " modelFormat onnx or tensorflow")
                    .refused(
                            List.of("containers", "custom"),
                            "container images are not run here; name a model in 'model', or a"
                                    + " Python class in a transformer")
                    .refused("workerSpec", "a model is not spread over machines here")
                    .like(SCALING)
                    .like(POD)
                    .build();

    static final FieldTable MODEL =
            FieldTable.titled("spec.predictor.model")
                    .honoured("modelFormat", "{name, version}: " + String.join(", ", FRAMEWORKS))
                    .honoured("storageUri", "where the model is; see below")
                    .honoured(
                            "storage", "{key, path, parameters}: an object store of storage-config")
                    .honoured(
                            "protocolVersion",
                            "v1, v2 and grpc-v2 are always spoken; grpc-v1 is refused")
                    .honoured("name", "of the container, passed over")
                    .refused("storageUris", "a model has one address, in storageUri")
                    .warned("runtime", "the server loads the model itself")
                    .warned("runtimeVersion", "the server loads the model itself")
                    .warned("args", "they are for a model server in a container")
                    .warned("command", "it is for a model server in a container")
                    .warned("image", "the server loads the model itself")
                    .warned("env", "variables are for a model server in a container")
                    .warned("envFrom", "variables are for a model server in a container")
                    .warned(
                            CONTAINER_FIELDS,
                            NO_PODS + "; models.memory bounds the memory of all models")
                    .build();

    static final FieldTable MODEL_FORMAT =
            FieldTable.titled("spec.predictor.model.modelFormat")
                    .honoured("name", String.join(", ", FRAMEWORKS))
                    .honoured("version", "for people; what the file says holds")
                    .build();

    static final FieldTable STORAGE =
            FieldTable.titled("spec.predictor.model.storage")
                    .honoured(
                            "key",
                            "the entry of the secret storage-config, which must be in the files")
                    .honoured("path", "in the bucket")
                    .honoured("parameters", "type s3, bucket; they win over the entry's")
                    .warned("schemaPath", "the signature is read from the model")
                    .build();

    static final FieldTable BATCHER =
            FieldTable.titled("spec.predictor.batcher")
                    .honoured("maxBatchSize", "batching.maxBatchSize; 32 when absent")
                    .honoured(
                            "maxLatency",
                            "batching.maxDelay, in milliseconds, at most 10,000; 5 when absent")
                    .warned(
                            "timeout",
                            "the server's setting inference.timeout holds for all models")
                    .build();

    static final FieldTable CANARY =
            FieldTable.titled("spec.canary")
                    .honoured(
                            "trafficPercent",
                            "traffic.canary.percent; 0 is dark: only calls by number")
                    .honoured("predictor", "its storageUri is the version")
                    .build();

    static final FieldTable TRANSFORMER =
            FieldTable.titled("spec.transformer")
                    .honoured(
                            "containers", "one: its args, command and env; see below for its code")
                    .honoured("custom", "the form of 2019: {container: …}")
                    .honoured("minReplicas", "transformer.workers, unless --workers says more")
                    .honoured("name", "passed over")
                    .refused("batcher", "batches are made at the model: move it to the predictor")
                    .refused("feast", "features are not looked up here")
                    .refused("canaryTrafficPercent", "a transformer has no versions")
                    .warned("containerConcurrency", "each worker works on one request at a time")
                    .like(SCALING)
                    .like(POD)
                    .build();

    static final FieldTable CUSTOM =
            FieldTable.titled("spec.transformer.custom")
                    .honoured("container", "as an entry of containers")
                    .build();

    static final FieldTable CONTAINER =
            FieldTable.titled("spec.transformer.containers")
                    .honoured("name", "passed over")
                    .honoured(
                            "image",
                            "not run: annotation millrace.io/transformer-file names its code")
                    .honoured(
                            "args",
                            "transformer.arguments, without those of the container's server")
                    .honoured("command", "its words behind the Python file are arguments, too")
                    .honoured("env", "transformer.environment; of secrets transformer.secret")
                    .refused("envFrom", "name the variables one by one in env")
                    .warned(CONTAINER_FIELDS, NO_PODS + "; the code runs in worker processes")
                    .build();

    static final FieldTable SPEC_2019 =
            FieldTable.titled("spec (v1alpha2)")
                    .honoured("default", "{predictor, transformer, explainer}")
                    .honoured("canary", "the same; its predictor is the version that is tried out")
                    .honoured("canaryTrafficPercent", "its share")
                    .build();

    static final FieldTable ENDPOINT_2019 =
            FieldTable.titled("spec.default (v1alpha2)")
                    .honoured("predictor", "as spec.predictor")
                    .honoured("transformer", "as spec.transformer; of canary it is refused")
                    .refused("explainer", "explanations are not computed here")
                    .build();

    static final FieldTable ANNOTATIONS =
            FieldTable.titled("metadata.annotations")
                    .honoured(
                            "millrace.io/transformer-file",
                            "the Python file beside the manifest with the transformer's class")
                    .honoured(
                            "millrace.io/transformer-environment",
                            "the environment it runs in; python unless given")
                    .honoured(
                            "millrace.io/transformer-requirements",
                            "packages it needs besides, with spaces between them")
                    .honoured(
                            "serving.kserve.io/enable-prometheus-scraping",
                            "/metrics is always there")
                    .honoured(
                            "serving.kserve.io/stop",
                            "\"false\" is what holds; \"true\" is refused: delete the service, since"
                                    + " a model that nobody calls is not in memory anyway")
                    .warned("serving.kserve.io/deploymentMode", NO_PODS)
                    .warned("serving.kserve.io/autoscalerClass", TASKS)
                    .warned("serving.kserve.io/metrics", TASKS)
                    .warned("serving.kserve.io/targetUtilizationPercentage", TASKS)
                    .warned("serving.kserve.io/storage-initializer-uid", NO_PODS)
                    .build();

    private ServiceTables() {}

    /** All tables, in the order of the documentation. */
    public static List<FieldTable> all() {
        return List.of(
                METADATA,
                ANNOTATIONS,
                SPEC,
                PREDICTOR,
                MODEL,
                MODEL_FORMAT,
                STORAGE,
                BATCHER,
                CANARY,
                TRANSFORMER,
                CUSTOM,
                CONTAINER,
                SPEC_2019,
                ENDPOINT_2019);
    }
}
