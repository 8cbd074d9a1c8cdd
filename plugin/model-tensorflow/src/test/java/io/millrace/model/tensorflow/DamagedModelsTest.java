package io.millrace.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The inspection of a SavedModel, before TensorFlow sees it, gives a refusal or signatures. */
@Timeout(120)
class DamagedModelsTest {

    private static final int MUTANTS_PER_MODEL = 400;

    @TempDir Path folder;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutatedSavedModelsAreRefusedOrUnderstood(long seed) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        SavedModels.mixed(folder.resolve("mixed"));
        SavedModels.vocabulary(folder.resolve("vocabulary"), "eins", "zwei");
        int refused = 0;
        for (String name : new String[] {"mixed", "vocabulary"}) {
            Path model = folder.resolve(name);
            Path file = model.resolve(SavedModelFolder.GRAPH_FILE);
            byte[] good = Files.readAllBytes(file);
            for (int i = 0; i < MUTANTS_PER_MODEL; i++) {
                Files.write(file, mutate(good, random));
                refused += isRefused(model) ? 1 : 0;
            }
        }
        assertThat(refused).isBetween(MUTANTS_PER_MODEL / 4, 2 * MUTANTS_PER_MODEL - 1);
    }

    private static boolean isRefused(Path model) {
        try {
            SavedModelFile file = SavedModelFile.read(model);
            ReachCheck.check(file.serving(), model);
            assertThat(file.bindings()).isNotEmpty();
            return false;
        } catch (MillraceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
            assertThat(e.text()).isNotBlank();
            return true;
        }
    }

    private static byte[] mutate(byte[] good, RandomGenerator random) {
        byte[] bad = good.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bad.length);
            switch (random.nextInt(5)) {
                case 0, 1 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bad[at] = (byte) random.nextInt(256);
                case 3 -> bad[at] = (byte) 0xff;
                default -> bad = Arrays.copyOf(bad, 1 + random.nextInt(bad.length));
            }
        }
        return bad;
    }
}
