package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureTextTest {

    @Test
    void readsBackWhatASignatureSays() {
        var inputs = new ArrayList<TensorSpec>();
        for (DataType type : DataType.values()) {
            inputs.add(new TensorSpec("in " + type, type, Shape.of(-1, 28, 28, 1)));
        }
        var signature =
                new Signature(
                        "s", inputs, List.of(new TensorSpec("y:0", DataType.INT64, Shape.of())));
        assertThat(SignatureText.parse("s", signature.toString())).contains(signature);
        var none = new Signature("n", List.of(), List.of());
        assertThat(SignatureText.parse("n", none.toString())).contains(none);
    }

    @Test
    void givesNothingRatherThanAnotherSignature() {
        assertThat(SignatureText.parse("s", "")).isEmpty();
        assertThat(SignatureText.parse("s", "[x: float32[-1,2]] -> [y: float33[2]]")).isEmpty();
        assertThat(SignatureText.parse("s", "[x: float32[-2]] -> []")).isEmpty();
        assertThat(SignatureText.parse("s", "[x: float32[1] -> []")).isEmpty();
    }
}
