package io.millrace.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.OpDef;

/** Compares the list with the installed TensorFlow: what a new version brings has to be decided. */
@Timeout(60)
class AllowedOperationsTest {

    private final Set<String> installed =
            TensorFlow.registeredOpList().getOpList().stream()
                    .map(OpDef::getName)
                    .collect(Collectors.toCollection(TreeSet::new));

    @Test
    void everyAllowedOperationExists() {
        assertThat(installed).containsAll(AllowedOperations.names());
    }

    @Test
    void everyOtherOperationIsRefusedForAReason() throws IOException {
        List<Pattern> refused = refused();
        var undecided = new TreeSet<String>();
        var both = new TreeSet<String>();
        for (String operation : installed) {
            boolean isRefused = refused.stream().anyMatch(p -> p.matcher(operation).matches());
            boolean isAllowed = AllowedOperations.contains(operation);
            if (!isRefused && !isAllowed) {
                undecided.add(operation);
            }
            if (isRefused && isAllowed) {
                both.add(operation);
            }
        }
        assertThat(undecided).as("neither allowed nor refused").isEmpty();
        assertThat(both).as("allowed and refused").isEmpty();
    }

    @Test
    void everyReasonIsNeeded() throws IOException {
        for (Pattern pattern : refused()) {
            assertThat(installed).anyMatch(operation -> pattern.matcher(operation).matches());
        }
    }

    /** Whoever edits the list by hand should stumble over these. */
    @Test
    void nothingThatReachesOutsideIsOnTheList() {
        assertThat(AllowedOperations.names())
                .doesNotContain(
                        "ReadFile",
                        "WriteFile",
                        "MatchingFiles",
                        "PyFunc",
                        "EagerPyFunc",
                        "PyFuncStateless",
                        "SaveV2",
                        "RestoreV2",
                        "MergeV2Checkpoints",
                        "Copy",
                        "DebugIdentityV3",
                        "ImmutableConst",
                        "DecodeProtoV2",
                        "RecordInput",
                        "FixedUnigramCandidateSampler",
                        "Skipgram",
                        "RpcCall",
                        "RpcServer",
                        "RemoteCall",
                        "PrintV2",
                        "Abort",
                        "TextLineDataset",
                        "LoadDataset",
                        "GeneratorDataset",
                        "CreateSummaryFileWriter",
                        "XlaCustomCallV2");
        assertThat(AllowedOperations.names())
                .noneMatch(name -> name.startsWith("_") || name.contains("Dataset"));
    }

    private static List<Pattern> refused() throws IOException {
        try (var in =
                        Objects.requireNonNull(
                                AllowedOperationsTest.class.getResourceAsStream(
                                        "/refused-operations.txt"));
                var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> Pattern.compile(line.substring(0, line.indexOf(" = "))))
                    .toList();
        }
    }
}
