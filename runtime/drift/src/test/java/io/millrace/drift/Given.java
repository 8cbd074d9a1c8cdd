package io.millrace.drift;

import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.MonitorSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What tests of the watching of models begin with: two inputs, one number as prediction. */
final class Given {

    static final ResourceKey MODEL = ResourceKey.of(Kind.MODEL, new ProjectId("grid"), "lstm");

    static final Signature SIGNATURE =
            new Signature(
                    Signature.DEFAULT,
                    List.of(new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY, 2))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(Shape.ANY, 1))));

    private Given() {}

    /** Small windows, told after three. */
    static MonitorSpec monitor() {
        return new MonitorSpec(
                1,
                new MonitorSpec.FirstRecords(2_000),
                500,
                MonitorSpec.Distance.PSI,
                0.2,
                3,
                Optional.empty());
    }

    static MonitorSpec withLabels(MonitorSpec.Labels labels) {
        MonitorSpec plain = monitor();
        return new MonitorSpec(
                plain.sample(),
                plain.reference(),
                plain.window(),
                plain.distance(),
                plain.threshold(),
                plain.after(),
                Optional.of(labels));
    }

    static ModelSpec model(MonitorSpec monitor) {
        return ModelSpec.of(
                        "onnx",
                        List.of(
                                new ModelSpec.Version(1, "https://h/1"),
                                new ModelSpec.Version(2, "https://h/2")),
                        Map.of())
                .withMonitor(monitor);
    }

    static List<Tensor> rows(int width, float... values) {
        return List.of(Tensor.ofFloats(Shape.of(values.length / width, width), values));
    }
}
