package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DataScannerTest {

    private static final TensorSpec MATRIX = new TensorSpec("x", DataType.FP32, Shape.of(2, 2));

    @ParameterizedTest
    @ValueSource(strings = {"[1,2,3,4]", "[ 1 , 2\n,3,4 ]", "[[1,2],[3,4]]", "[ [1,2] , [3,4] ]"})
    void readsFlatAndNestedLists(String data) {
        var scanner = scanner("{\"data\":" + data + "} and more");
        assertThat(scanner.scan(8, MATRIX)).isEqualTo(8 + data.length());
        var tensor = (Tensor.Numeric) Objects.requireNonNull(scanner.tensor());
        assertThat(tensor.shape()).isEqualTo(Shape.of(2, 2));
        assertThat(tensor.data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 2, 3, 4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[1,2,3]",
                "[1,2,3,4,5]",
                "[[1,2,3,4]]",
                "[[1,2],3,4]",
                "[1,2,[3,4]]",
                "[[1],[2,3,4]]",
                "[[[1,2],[3,4]]]",
                "[1,2,3,NaN]",
                "[1,2,3,Infinity]",
                "[1,2,3,1e39]",
                "[1,2,3,null]",
                "[1,2,3,\"4\"]",
                "[1,2,3,4",
                "[1,2,3,",
                "[",
                "[[",
                "",
                "1"
            })
    void leavesTheRestToJackson(String data) {
        var scanner = scanner(data);
        assertThat(scanner.scan(0, MATRIX)).isEqualTo(JsonBytes.NONE);
        assertThat(scanner.tensor()).isNull();
    }

    @Test
    void doesNotReadBeyondTheJson() {
        byte[] body = "[1,2,3,4]".getBytes(StandardCharsets.UTF_8);
        assertThat(new DataScanner(body, body.length).scan(0, MATRIX)).isEqualTo(body.length);
        assertThat(new DataScanner(body, body.length - 1).scan(0, MATRIX))
                .isEqualTo(JsonBytes.NONE);
    }

    @Test
    void readsScalarsAndNothing() {
        assertThat(scanner("[7]").scan(0, new TensorSpec("x", DataType.INT64, Shape.of())))
                .isEqualTo(3);
        assertThat(scanner("[]").scan(0, new TensorSpec("x", DataType.INT64, Shape.of(0, 3))))
                .isEqualTo(2);
    }

    @Test
    void takesNoMemoryForShapesThatLie() {
        var huge = new TensorSpec("x", DataType.FP64, Shape.of(1 << 20, 1 << 20, 1 << 20));
        assertThat(scanner("[1,2,3]").scan(0, huge)).isEqualTo(JsonBytes.NONE);
    }

    private static DataScanner scanner(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return new DataScanner(bytes, bytes.length);
    }
}
