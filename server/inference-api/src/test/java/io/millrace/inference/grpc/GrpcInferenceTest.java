package io.millrace.inference.grpc;

import static io.millrace.inference.grpc.Requests.floats;
import static io.millrace.inference.grpc.Requests.hex;
import static io.millrace.inference.grpc.Requests.input;
import static io.millrace.inference.grpc.Requests.raw;
import static io.millrace.inference.grpc.Requests.typed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.grpc.proto.InferParameter;
import io.millrace.inference.grpc.proto.InferTensorContents;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferRequest.InferRequestedOutputTensor;
import io.millrace.inference.grpc.proto.ModelInferResponse.InferOutputTensor;
import io.millrace.inference.grpc.proto.ModelMetadataRequest;
import io.millrace.inference.grpc.proto.ModelMetadataResponse.TensorMetadata;
import io.millrace.inference.grpc.proto.ModelReadyRequest;
import io.millrace.inference.grpc.proto.ModelRepositoryParameter;
import io.millrace.inference.grpc.proto.RepositoryIndexRequest;
import io.millrace.inference.grpc.proto.RepositoryIndexResponse.ModelIndex;
import io.millrace.inference.grpc.proto.RepositoryModelLoadRequest;
import io.millrace.inference.grpc.proto.RepositoryModelUnloadRequest;
import io.millrace.inference.grpc.proto.ServerLiveRequest;
import io.millrace.inference.grpc.proto.ServerMetadataRequest;
import io.millrace.inference.grpc.proto.ServerReadyRequest;
import io.millrace.inference.protocol.RequestLog;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.Span;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrpcInferenceTest {

    private static final Signature TWO =
            new Signature(
                    Signature.DEFAULT,
                    List.of(
                            new TensorSpec("a", DataType.FP32, Shape.of(-1, 2)),
                            new TensorSpec("b", DataType.INT64, Shape.of(-1))),
                    List.of(
                            new TensorSpec("p", DataType.FP32, Shape.of(-1, 2)),
                            new TensorSpec("q", DataType.INT64, Shape.of(-1))));

    private GrpcServer server;

    @BeforeAll
    void start() {
        server = new GrpcServer(GrpcServer.SMALL);
        for (DataType type : DataType.values()) {
            server.echo(type.name(), type);
        }
        server.serving.put(ProjectId.DEFAULT, "two", TWO, Call::inputs);
        server.serving.put(
                new ProjectId("fashion"),
                "FP32",
                GrpcServer.pair(DataType.FP32),
                call -> {
                    float[] values = GrpcServer.floats(call.inputs().getFirst());
                    for (int i = 0; i < values.length; i++) {
                        values[i] *= 3;
                    }
                    return List.of(Tensor.ofFloats(call.inputs().getFirst().shape(), values));
                });
        server.serving.putNotReady(ProjectId.DEFAULT, "cold", "being loaded");
        for (ErrorCode code : ErrorCode.values()) {
            server.serving.put(
                    ProjectId.DEFAULT,
                    "fails-" + code,
                    GrpcServer.pair(DataType.FP32),
                    _ -> {
                        throw new MillraceException(code, "failed as " + code + ": 100 %\nä");
                    });
        }
        server.serving.put(
                ProjectId.DEFAULT,
                "defect",
                GrpcServer.pair(DataType.FP32),
                _ -> {
                    throw new IllegalStateException("oops");
                });
        server.serving.put(
                ProjectId.DEFAULT,
                "renamed",
                new Signature(
                        "other",
                        GrpcServer.pair(DataType.FP32).inputs(),
                        GrpcServer.pair(DataType.FP32).outputs()),
                Call::inputs);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void tellsWhatItIsAndWhetherItIsReady() {
        var stub = server.stub();
        assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
        var metadata = stub.serverMetadata(ServerMetadataRequest.getDefaultInstance());
        assertThat(metadata.getName()).isEqualTo("millrace");
        assertThat(metadata.getExtensionsList()).contains("model_repository");
        server.isReady.set(false);
        try {
            assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                    .isFalse();
        } finally {
            server.isReady.set(true);
        }
        assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    }

    @Test
    void aSampledCallIsTraced() {
        var stub =
                server.stub(
                        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        var unknown = ModelInferRequest.newBuilder().setModelName("none").build();

        assertThatThrownBy(() -> stub.modelInfer(unknown))
                .satisfies(is(Status.Code.NOT_FOUND, "none"));

        Span span = server.tracing.span("infer default/none");
        assertThat(span.context().traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(span.parentSpanId()).isEqualTo(0xb7ad6b7169203331L);
        assertThat(span.error()).startsWith("NOT_FOUND");
        assertThat(span.attributes()).containsEntry("millrace.protocol", "grpc");
    }

    @Test
    void tellsWhichModelsAreReady() {
        assertThat(isReady("FP32", "")).isTrue();
        assertThat(isReady("FP32", "1")).isTrue();
        assertThat(isReady("FP32", "production")).isTrue();
        assertThat(isReady("cold", "")).isFalse();
        assertThatThrownBy(() -> isReady("none", ""))
                .satisfies(is(Status.Code.NOT_FOUND, "Model with name none does not exist."));
        assertThatThrownBy(() -> isReady("a name!", ""))
                .satisfies(is(Status.Code.NOT_FOUND, "Model with name a name! does not exist."));
        assertThatThrownBy(() -> isReady("FP32", "7"))
                .satisfies(is(Status.Code.NOT_FOUND, "has no version 7"));
    }

    private boolean isReady(String model, String version) {
        return server.stub()
                .modelReady(
                        ModelReadyRequest.newBuilder().setName(model).setVersion(version).build())
                .getReady();
    }

    @Test
    void describesInputsAndOutputs() {
        var metadata =
                server.stub()
                        .modelMetadata(ModelMetadataRequest.newBuilder().setName("two").build());
        assertThat(metadata.getName()).isEqualTo("two");
        assertThat(metadata.getVersionsList()).containsExactly("1");
        assertThat(metadata.getPlatform()).isEqualTo("fake");
        assertThat(metadata.getInputsList())
                .containsExactly(
                        TensorMetadata.newBuilder()
                                .setName("a")
                                .setDatatype("FP32")
                                .addShape(-1)
                                .addShape(2)
                                .build(),
                        TensorMetadata.newBuilder()
                                .setName("b")
                                .setDatatype("INT64")
                                .addShape(-1)
                                .build());
        assertThat(metadata.getOutputsList())
                .extracting(TensorMetadata::getName)
                .containsExactly("p", "q");
        assertThatThrownBy(() ->
                        server.stub()
                                .modelMetadata(
                                        ModelMetadataRequest.newBuilder().setName("cold").build()))
                .satisfies(is(Status.Code.UNAVAILABLE, "Model with name cold is not ready."));
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void rawInGivesRawOutInEveryType(DataType type) {
        ByteString bytes =
                type == DataType.BYTES
                        ? hex("02000000 6162 00000000 01000000 ff 03000000 010203")
                        : ByteString.copyFrom(pattern(4 * type.bytes()));
        var response = server.stub().modelInfer(raw(type.name(), type.protocolName(), bytes, 2, 2));
        assertThat(response.getModelName()).isEqualTo(type.name());
        assertThat(response.getModelVersion()).isEqualTo("1");
        assertThat(response.getRawOutputContentsList()).containsExactly(bytes);
        InferOutputTensor output = response.getOutputs(0);
        assertThat(output.hasContents()).isFalse();
        assertThat(output.getName()).isEqualTo("y");
        assertThat(output.getDatatype()).isEqualTo(type.protocolName());
        assertThat(output.getShapeList()).containsExactly(2L, 2L);
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 2);
        }
        return bytes;
    }

    static Stream<Arguments> lists() {
        var max = InferTensorContents.newBuilder();
        return Stream.of(
                Arguments.of("BOOL", max.clone().addBoolContents(true).addBoolContents(false)),
                Arguments.of("INT8", max.clone().addIntContents(-128).addIntContents(127)),
                Arguments.of("INT16", max.clone().addIntContents(-32768).addIntContents(32767)),
                Arguments.of(
                        "INT32",
                        max.clone()
                                .addIntContents(Integer.MIN_VALUE)
                                .addIntContents(Integer.MAX_VALUE)),
                Arguments.of(
                        "INT64",
                        max.clone()
                                .addInt64Contents(Long.MIN_VALUE)
                                .addInt64Contents(9007199254740993L)),
                Arguments.of("UINT8", max.clone().addUintContents(0).addUintContents(255)),
                Arguments.of("UINT16", max.clone().addUintContents(0).addUintContents(65535)),
                Arguments.of("UINT32", max.clone().addUintContents(0).addUintContents(-1)),
                Arguments.of("UINT64", max.clone().addUint64Contents(0).addUint64Contents(-1L)),
                Arguments.of(
                        "FP32",
                        max.clone().addFp32Contents(0.1f).addFp32Contents(Float.NEGATIVE_INFINITY)),
                Arguments.of("FP64", max.clone().addFp64Contents(0.1).addFp64Contents(-1e300)),
                Arguments.of(
                        "BYTES",
                        max.clone()
                                .addBytesContents(ByteString.copyFromUtf8("ä"))
                                .addBytesContents(ByteString.EMPTY)));
    }

    @ParameterizedTest
    @MethodSource("lists")
    void listsInGiveListsOutInEveryTypeThatHasOne(
            String datatype, InferTensorContents.Builder contents) {
        var response = server.stub().modelInfer(typed(datatype, datatype, contents, 1, 2));
        assertThat(response.getRawOutputContentsCount()).isZero();
        assertThat(response.getOutputs(0).getDatatype()).isEqualTo(datatype);
        assertThat(response.getOutputs(0).getContents()).isEqualTo(contents.build());
    }

    @ParameterizedTest
    @CsvSource({"FP16", "BF16"})
    void halfFloatsGoOnlyRaw(String datatype) {
        assertInvalid(
                typed(
                        datatype,
                        datatype,
                        InferTensorContents.newBuilder().addFp32Contents(1),
                        1,
                        2),
                "input 'x': " + datatype + " goes only as raw_input_contents");
    }

    @ParameterizedTest
    @CsvSource({"INT8,128", "INT16,-32769", "UINT8,256", "UINT16,65536"})
    void aNumberThatDoesNotFitIsRefused(String datatype, int number) {
        assertInvalid(
                typed(
                        datatype,
                        datatype,
                        InferTensorContents.newBuilder()
                                .addIntContents(number)
                                .addIntContents(0)
                                .addUintContents(number)
                                .addUintContents(0),
                        1,
                        2),
                "input 'x': " + number + " does not fit into " + datatype);
    }

    @Test
    void inputsGoByNameInAnyOrderAndOutputsComeAsAsked() {
        var request =
                ModelInferRequest.newBuilder()
                        .setModelName("two")
                        .setId("42")
                        .addInputs(input("b", "INT64", 1))
                        .addInputs(input("a", "FP32", 1, 2))
                        .addRawInputContents(hex("0700000000000000"))
                        .addRawInputContents(floats(1, 2));
        var all = server.stub().modelInfer(request.build());
        assertThat(all.getId()).isEqualTo("42");
        assertThat(all.getOutputsList())
                .extracting(InferOutputTensor::getName)
                .containsExactly("p", "q");
        assertThat(all.getRawOutputContentsList())
                .containsExactly(floats(1, 2), hex("0700000000000000"));
        var some =
                server.stub()
                        .modelInfer(
                                request.clone()
                                        .clearId()
                                        .addOutputs(output("q"))
                                        .addOutputs(output("p"))
                                        .build());
        assertThat(some.getId()).isEqualTo("invented");
        assertThat(some.getRawOutputContentsList())
                .containsExactly(hex("0700000000000000"), floats(1, 2));
        var one = server.stub().modelInfer(request.clone().addOutputs(output("q")).build());
        assertThat(one.getRawOutputContentsList()).containsExactly(hex("0700000000000000"));
        assertInvalid(
                request.clone().addOutputs(output("z")).build(),
                "there is no output 'z'; the model gives [p, q]");
        assertInvalid(
                request.clone()
                        .addInputs(input("a", "FP32", 1, 2))
                        .addRawInputContents(floats(1, 2))
                        .build(),
                "input 'a' comes twice");
        assertInvalid(
                request.clone()
                        .removeInputs(0)
                        .clearRawInputContents()
                        .addRawInputContents(floats(1, 2))
                        .build(),
                "input 'b' is missing; the model takes [a, b]");
    }

    private static InferRequestedOutputTensor output(String name) {
        return InferRequestedOutputTensor.newBuilder().setName(name).build();
    }

    static Stream<Arguments> badInputs() {
        return Stream.of(
                Arguments.of(
                        raw("FP32", "FP32", floats(1, 2, 3), 1, 3),
                        "expected FP32[-1,2], received FP32[1,3]"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1, 2), 2),
                        "expected FP32[-1,2], received FP32[2]"),
                Arguments.of(
                        raw("FP32", "FP64", floats(1, 2), 1, 2),
                        "expected FP32[-1,2], received FP64[1,2]"),
                Arguments.of(
                        raw("FP32", "nonsense", floats(1, 2), 1, 2),
                        "expected FP32[-1,2], received nonsense[1,2]"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1), 1, 2),
                        "takes 2 elements of 4 bytes, received 4 bytes"),
                Arguments.of(
                        raw("FP32", "FP32", hex("0000000000000000 00"), 1, 2), "received 9 bytes"),
                Arguments.of(
                        raw("FP64", "FP64", ByteString.EMPTY, 1L << 60, 2), "received 0 bytes"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1), 1L << 62, 2),
                        "more elements than can be counted"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1, 2), -1, 2), "must be 0 or more, received -1"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1, 2), -5, 2), "must be 0 or more, received -5"),
                Arguments.of(
                        raw("BOOL", "BOOL", hex("01 02"), 1, 2),
                        "input 'x': a BOOL is the byte 0 or 1, received 2"),
                Arguments.of(
                        raw("BYTES", "BYTES", hex("07000000 6162 00000000"), 1, 2),
                        "string 0 takes 7 bytes, 6 bytes remain"),
                Arguments.of(
                        raw("BYTES", "BYTES", hex("ffffffff 6162 00000000"), 1, 2),
                        "string 0 takes 4294967295 bytes, 6 bytes remain"),
                Arguments.of(
                        raw("BYTES", "BYTES", hex("04000000 61626364"), 1, 2),
                        "string 1 takes a length of 4 bytes, 0 bytes remain"),
                Arguments.of(
                        raw("BYTES", "BYTES", hex("00000000 00000000 ff"), 1, 2),
                        "1 bytes are left over after 2 strings"),
                Arguments.of(
                        raw("BYTES", "BYTES", hex("00000000"), 1L << 40, 2), "received 4 bytes"),
                Arguments.of(
                        typed(
                                "FP32",
                                "FP32",
                                InferTensorContents.newBuilder().addFp32Contents(1),
                                1,
                                2),
                        "takes 2 values in fp32_contents, received 1"),
                Arguments.of(
                        typed(
                                "FP32",
                                "FP32",
                                InferTensorContents.newBuilder()
                                        .addFp64Contents(1)
                                        .addFp64Contents(2),
                                1,
                                2),
                        "takes 2 values in fp32_contents, received 0"),
                Arguments.of(
                        typed("FP32", "FP32", InferTensorContents.newBuilder(), 1L << 40, 2),
                        "in fp32_contents, received 0"),
                Arguments.of(
                        typed(
                                        "FP32",
                                        "FP32",
                                        InferTensorContents.newBuilder().addFp32Contents(1),
                                        1,
                                        2)
                                .toBuilder()
                                .addRawInputContents(floats(1, 2))
                                .build(),
                        "input 'x' has contents, and the request has raw_input_contents"),
                Arguments.of(
                        raw("FP32", "FP32", floats(1, 2), 1, 2).toBuilder()
                                .addRawInputContents(floats(1, 2))
                                .build(),
                        "goes with all inputs or none: 1 inputs, 2 raw contents"),
                Arguments.of(
                        ModelInferRequest.newBuilder()
                                .setModelName("FP32")
                                .addInputs(input("z", "FP32", 1, 2))
                                .addRawInputContents(floats(1, 2))
                                .build(),
                        "there is no input 'z'; the model takes [x]"),
                Arguments.of(
                        ModelInferRequest.newBuilder().setModelName("FP32").build(),
                        "input 'x' is missing"),
                Arguments.of(ModelInferRequest.getDefaultInstance(), "the request names no model"));
    }

    @ParameterizedTest
    @MethodSource("badInputs")
    void badInputsSayWhatWasExpectedAndWhatCame(ModelInferRequest request, String says) {
        assertInvalid(request, says);
    }

    private void assertInvalid(ModelInferRequest request, String says) {
        assertThatThrownBy(() -> server.stub().modelInfer(request))
                .satisfies(is(Status.Code.INVALID_ARGUMENT, says));
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID,INVALID_ARGUMENT",
        "NOT_FOUND,NOT_FOUND",
        "CONFLICT,ABORTED",
        "DENIED,PERMISSION_DENIED",
        "TOO_LARGE,RESOURCE_EXHAUSTED",
        "OVERLOADED,RESOURCE_EXHAUSTED",
        "UNAVAILABLE,UNAVAILABLE",
        "TIMEOUT,DEADLINE_EXCEEDED",
        "UNSUPPORTED,UNIMPLEMENTED",
        "USER_CODE,INTERNAL",
        "INTERNAL,INTERNAL",
    })
    void errorsHaveTheCodeOfTheContractAndTheirText(ErrorCode code, Status.Code expected) {
        assertThatThrownBy(() ->
                        server.stub().modelInfer(raw("fails-" + code, "FP32", floats(1, 2), 1, 2)))
                .satisfies(is(expected, "failed as " + code + ": 100 %\nä"));
    }

    @Test
    void aDefectIsAnInternalError() {
        assertThatThrownBy(
                        () -> server.stub().modelInfer(raw("defect", "FP32", floats(1, 2), 1, 2)))
                .satisfies(is(Status.Code.INTERNAL, "IllegalStateException : oops"));
    }

    @Test
    void modelsThatAreUnknownOrNotReadySaySo() {
        assertThatThrownBy(() -> server.stub().modelInfer(raw("none", "FP32", floats(1, 2), 1, 2)))
                .satisfies(is(Status.Code.NOT_FOUND, "Model with name none does not exist."));
        assertThatThrownBy(() -> server.stub().modelInfer(raw("cold", "FP32", floats(1, 2), 1, 2)))
                .satisfies(is(Status.Code.UNAVAILABLE, "Model with name cold is not ready."));
        var version =
                raw("FP32", "FP32", floats(1, 2), 1, 2).toBuilder().setModelVersion("7").build();
        assertThatThrownBy(() -> server.stub().modelInfer(version))
                .satisfies(is(Status.Code.NOT_FOUND, "has no version 7"));
    }

    @Test
    void aVersionIsANumberOrAnAlias() {
        var request = raw("FP32", "FP32", floats(1, 2), 1, 2).toBuilder();
        server.stub().modelInfer(request.setModelVersion("1").build());
        assertThat(server.serving.calls().getLast().version())
                .isEqualTo(new VersionRef.Numbered(1));
        server.stub().modelInfer(request.setModelVersion("production").build());
        assertThat(server.serving.calls().getLast().version())
                .isEqualTo(new VersionRef.Alias("production"));
        server.stub().modelInfer(request.clearModelVersion().build());
        assertThat(server.serving.calls().getLast().version()).isEqualTo(new VersionRef.Serving());
    }

    @Test
    void aParameterChoosesTheSignature() {
        var request = raw("renamed", "FP32", floats(1, 2), 1, 2).toBuilder();
        server.stub().modelInfer(request.build()); // the only one
        server.stub().modelInfer(request.putParameters("signature_name", text("other")).build());
        assertThat(server.serving.calls().getLast().signature()).isEqualTo("other");
        request.putParameters("signature_name", text("third"));
        assertThatThrownBy(() -> server.stub().modelInfer(request.build()))
                .satisfies(is(Status.Code.NOT_FOUND, "no signature 'third'; it has [other]"));
    }

    @Test
    void parametersAreToleratedAndATimeoutIsInMicroseconds() {
        var request =
                raw("FP32", "FP32", floats(1, 2), 1, 2).toBuilder()
                        .putParameters(
                                "priority", InferParameter.newBuilder().setUint64Param(1).build())
                        .putParameters(
                                "share", InferParameter.newBuilder().setDoubleParam(0.5).build())
                        .putParameters(
                                "flag", InferParameter.newBuilder().setBoolParam(true).build());
        server.stub().modelInfer(request.build());
        assertThat(server.serving.calls().getLast().timeout())
                .isEqualTo(GrpcServer.SMALL.timeout());
        request.putParameters("timeout", InferParameter.newBuilder().setInt64Param(1500).build());
        server.stub().modelInfer(request.build());
        assertThat(server.serving.calls().getLast().timeout())
                .isEqualTo(Duration.ofNanos(1500_000));
        request.putParameters("timeout", text("soon"));
        assertInvalid(request.build(), "parameter 'timeout' is a number of microseconds");
    }

    private static InferParameter text(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }

    @Test
    void extensionsThatAreNotServedAreRefusedRatherThanIgnored() {
        var request = raw("FP32", "FP32", floats(1, 2), 1, 2);
        var region = text("region0");
        var sharedInput =
                request.toBuilder()
                        .setInputs(
                                0,
                                input("x", "FP32", 1, 2)
                                        .putParameters("shared_memory_region", region));
        var sharedOutput =
                request.toBuilder()
                        .addOutputs(
                                output("y").toBuilder()
                                        .putParameters("shared_memory_region", region));
        for (var shared : List.of(sharedInput, sharedOutput)) {
            assertThatThrownBy(() -> server.stub().modelInfer(shared.build()))
                    .satisfies(is(Status.Code.UNIMPLEMENTED, "shared memory"));
        }
        var classes = InferParameter.newBuilder().setInt64Param(3).build();
        var classified =
                request.toBuilder()
                        .addOutputs(
                                output("y").toBuilder().putParameters("classification", classes));
        assertThatThrownBy(() -> server.stub().modelInfer(classified.build()))
                .satisfies(is(Status.Code.UNIMPLEMENTED, "classification"));
        for (String parameter : List.of("config", "file:1/model.onnx")) {
            assertThatThrownBy(() ->
                            server.stub()
                                    .repositoryModelLoad(
                                            RepositoryModelLoadRequest.newBuilder()
                                                    .setModelName("FP32")
                                                    .putParameters(
                                                            parameter,
                                                            ModelRepositoryParameter.newBuilder()
                                                                    .setStringParam("{}")
                                                                    .build())
                                                    .build()))
                    .satisfies(is(Status.Code.UNIMPLEMENTED, "load parameter '" + parameter));
        }
    }

    @Test
    void metadataChoosesTheProject() {
        var request = raw("FP32", "FP32", floats(1, 2), 1, 2);
        var answer = server.stub(GrpcCall.PROJECT_KEY, "fashion").modelInfer(request);
        assertThat(answer.getRawOutputContentsList()).containsExactly(floats(3, 6));
        assertThatThrownBy(() -> server.stub(GrpcCall.PROJECT_KEY, "other").modelInfer(request))
                .satisfies(is(Status.Code.NOT_FOUND, "Model with name FP32 does not exist."));
        assertThatThrownBy(() -> server.stub(GrpcCall.PROJECT_KEY, "no/name").modelInfer(request))
                .satisfies(is(Status.Code.NOT_FOUND, "Project no/name does not exist."));
    }

    @Test
    void aCanaryDividesCallersByTheHeaderItNames() {
        var request = raw("FP32", "FP32", floats(1, 2), 1, 2);
        server.serving.stickyBy("X-User");
        try {
            server.stub("x-user", "anna").modelInfer(request);
            assertThat(server.serving.calls().getLast().routing()).isEqualTo("anna");
            server.stub().modelInfer(request);
            assertThat(server.serving.calls().getLast().routing()).isEmpty();
        } finally {
            server.serving.stickyBy("");
        }
    }

    @Test
    void callsAreInTheRequestLogWhenItIsOn() {
        var model = new ResourceName("UINT8");
        var until = TimeSource.system().now().plusSeconds(60);
        server.log.enable(ProjectId.DEFAULT, model, new RequestLog.Settings(until, 1, 0, 10));
        server.stub().modelInfer(raw("UINT8", "UINT8", hex("0102"), 1, 2));
        assertInvalid(raw("UINT8", "UINT8", hex("01"), 1, 2), "UINT8");
        var calls = server.log.read(ProjectId.DEFAULT, model, -1).orElseThrow().calls();
        assertThat(calls).extracting(c -> c.call().protocol()).containsExactly("grpc", "grpc");
        assertThat(calls).extracting(c -> c.call().status()).containsExactly(200, 400);
        assertThat(calls.getFirst().call().version()).isEqualTo(1);
        assertThat(calls.getLast().call().error()).isNotEmpty();
        server.log.disable(ProjectId.DEFAULT, model);
    }

    @Test
    void timesAreMeasuredUnderTheNamesOfKServe() {
        server.stub().modelInfer(raw("UINT8", "UINT8", hex("0102"), 1, 2));
        for (String phase : List.of("preprocess", "predict", "postprocess")) {
            // The labels of the HTTP face, or the two could not share a histogram.
            String name = "request_" + phase + "_seconds";
            assertThat(server.meters.timings(name, "model_name", "UINT8", "project", "default"))
                    .isPositive();
        }
    }

    @Test
    void theRepositoryShowsLoadsAndUnloads() {
        var stub = server.stub();
        var all = stub.repositoryIndex(RepositoryIndexRequest.getDefaultInstance());
        assertThat(all.getModelsList())
                .contains(index("cold", "UNAVAILABLE", "being loaded"), index("two", "READY", ""));
        var ready =
                stub.repositoryIndex(RepositoryIndexRequest.newBuilder().setReady(true).build());
        assertThat(ready.getModelsList())
                .extracting(ModelIndex::getName)
                .contains("two")
                .doesNotContain("cold");
        // KServe's field and Triton's, alone and beside the name of a repository.
        var kserve =
                stub.repositoryModelUnload(
                        RepositoryModelUnloadRequest.newBuilder().setModelName("two").build());
        assertThat(kserve.getModelName()).isEqualTo("two");
        assertThat(kserve.getIsUnloaded()).isTrue();
        assertThat(isReady("two", "")).isFalse();
        var triton =
                stub.repositoryModelLoad(
                        RepositoryModelLoadRequest.newBuilder()
                                .setModelName("some repository")
                                .setTritonModelName("two")
                                .build());
        assertThat(triton.getModelName()).isEqualTo("two");
        assertThat(triton.getIsLoaded()).isTrue();
        assertThat(isReady("two", "")).isTrue();
        stub.repositoryModelUnload(
                RepositoryModelUnloadRequest.newBuilder().setTritonModelName("two").build());
        assertThat(isReady("two", "")).isFalse();
        stub.repositoryModelLoad(
                RepositoryModelLoadRequest.newBuilder().setModelName("two").build());
        assertThat(isReady("two", "")).isTrue();
        assertThatThrownBy(() ->
                        stub.repositoryModelUnload(
                                RepositoryModelUnloadRequest.newBuilder()
                                        .setModelName("none")
                                        .build()))
                .satisfies(is(Status.Code.NOT_FOUND, "Model with name none does not exist."));
    }

    private static ModelIndex index(String name, String state, String reason) {
        return ModelIndex.newBuilder()
                .setName(name)
                .setVersion("1")
                .setState(state)
                .setReason(reason)
                .build();
    }

    static Consumer<Throwable> is(Status.Code code, String says) {
        return thrown -> {
            assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
            Status status = ((StatusRuntimeException) thrown).getStatus();
            assertThat(status.getCode()).as(status.toString()).isEqualTo(code);
            assertThat(status.getDescription()).contains(says);
        };
    }
}
