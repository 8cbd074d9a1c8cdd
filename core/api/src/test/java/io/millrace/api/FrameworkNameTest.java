package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameworkNameTest {

    @ParameterizedTest
    @CsvSource({
        "tensorflow, tensorflow",
        "TensorFlow 2.1.0, tensorflow",
        "Tensorflow, tensorflow",
        "' TENSORFLOW  1.13.1 ', tensorflow",
        "tensorflow-2.1, tensorflow",
        "OpenVINO 2019_R2, openvino",
        "scikit-learn, scikit-learn",
        "'', ''"
    })
    void findsTheEnginesNameInEverySpelling(String written, String canonical) {
        assertThat(FrameworkName.canonical(written)).isEqualTo(canonical);
    }
}
