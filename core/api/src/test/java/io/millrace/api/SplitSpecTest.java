package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SplitSpecTest {

    @ParameterizedTest
    @CsvSource({"-0.1,0", "0,-0.1", "0.5,0.5", "1,0", "NaN,0", "0,NaN"})
    void leavesSomethingToTrainOn(double validation, double test) {
        assertThatThrownBy(() -> new SplitSpec(validation, test, SplitSpec.Order.STRATIFIED, 0))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("something to train on");
    }

    @Test
    void takesTheSharesOfTheOldSenders() {
        assertThatCode(() -> new SplitSpec(0.1, 0.1, SplitSpec.Order.AS_SENT, 7))
                .doesNotThrowAnyException();
    }
}
