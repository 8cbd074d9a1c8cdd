package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.Signature;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureGuardTest {

    private static final String BEFORE = "[x: float32[-1,2]] -> [y: float32[-1,10]]";

    @Test
    void theSameIsNoDifference() {
        assertThat(difference(BEFORE)).isEmpty();
    }

    @Test
    void saysWhatDiffers() {
        assertThat(difference("[x: float32[-1,2]] -> [y: float32[-1,11]]"))
                .isEqualTo("its output 'y' is float32[-1,11], version 1's is float32[-1,10]");
        assertThat(difference("[x: float64[-1,2]] -> [y: float32[-1,10]]"))
                .isEqualTo("its input 'x' is float64[-1,2], version 1's is float32[-1,2]");
        assertThat(difference("[x: float32[-1,2,1]] -> [y: float32[-1,10]]")).contains("[-1,2,1]");
        assertThat(difference("[x: float32[-1,2], z: int8[-1]] -> [y: float32[-1,10]]"))
                .isEqualTo("its inputs are [x, z], version 1's are [x]");
        assertThat(difference("[x: float32[-1,2]] -> [p: float32[-1,10]]"))
                .isEqualTo("its outputs are [p], version 1's are [y]");
    }

    @Test
    void anAdditionalSignatureIsNoDifferenceAndAMissingOneIs() {
        Signature before = signature("a", BEFORE);
        Signature other = signature("b", BEFORE);
        assertThat(SignatureGuard.difference(List.of(other, before), 1, List.of(before))).isEmpty();
        assertThat(SignatureGuard.difference(List.of(other), 1, List.of(before)))
                .isEqualTo("it has no signature 'a', which version 1 has");
    }

    private static String difference(String candidate) {
        return SignatureGuard.difference(
                List.of(signature("s", candidate)), 1, List.of(signature("s", BEFORE)));
    }

    private static Signature signature(String name, String text) {
        return SignatureText.parse(name, text).orElseThrow();
    }
}
