package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.api.ErrorCode;
import io.millrace.api.ProjectId;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BadResourcesTest {

    private final ResourceReader reader = ResourceReader.forServer(ProjectId.DEFAULT);

    static List<BadResources.Case> cases() {
        return BadResources.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void tellsEverythingThatIsWrongWithItsPlace(BadResources.Case bad) {
        ResourceProblems problems =
                catchThrowableOfType(
                        ResourceProblems.class, () -> reader.read("file.yaml", bad.text()));

        assertThat(problems).isNotNull();
        assertThat(problems.code()).isEqualTo(ErrorCode.INVALID);
        List<String> told =
                problems.problems().stream()
                        .map(p ->
                                p.document()
                                        + " "
                                        + p.line()
                                        + ":"
                                        + p.column()
                                        + " "
                                        + p.pointer()
                                        + " "
                                        + p.message())
                        .toList();
        assertThat(told).isEqualTo(bad.expected());
    }
}
