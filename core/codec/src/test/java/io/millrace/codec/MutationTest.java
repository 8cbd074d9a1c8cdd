package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.api.ProjectId;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever stands in a text: it is read, or it is refused with problems that have a place. */
final class MutationTest {

    private static final List<String> SNIPPETS =
            List.of(
                    ":",
                    " ",
                    "\n",
                    "-",
                    "- ",
                    "{",
                    "}",
                    "[",
                    "]",
                    "&a ",
                    "*a",
                    "!!",
                    "!x ",
                    "|",
                    ">",
                    "\"",
                    "'",
                    "#",
                    "%",
                    "@",
                    "?",
                    "? ",
                    ",",
                    "\t",
                    "\0",
                    "\uD800",
                    "\uFEFF",
                    "...\n",
                    "---\n",
                    "null",
                    "~",
                    "<<: ",
                    "1e999",
                    "-1",
                    "999999999999999999999",
                    "0x",
                    ".nan",
                    "\r",
                    "\u2028",
                    "\\",
                    "\\u",
                    "%YAML 3.0\n",
                    "%TAG ! x\n",
                    "{}",
                    "[]",
                    "''",
                    "  ");

    private final ResourceReader reader =
            ResourceReader.forClient(ProjectId.DEFAULT, path -> "code");

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void neverThrowsAnythingButProblems(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var resources = new RandomResources(random);
        String example = BadResources.resource("fashion.yaml");
        List<BadResources.Case> bad = BadResources.all();
        int refused = 0;
        for (int i = 0; i < 1_500; i++) {
            String text =
                    switch (i % 4) {
                        case 0 -> example;
                        case 1 -> ResourceWriter.yaml(resources.manifest());
                        case 2 -> ResourceWriter.json(resources.manifest());
                        default -> bad.get(random.nextInt(bad.size())).text();
                    };
            String mutated = mutate(text, random);
            try {
                reader.read("", mutated);
            } catch (ResourceProblems e) {
                refused++;
                assertThat(e.problems())
                        .isNotEmpty()
                        .allSatisfy(p -> assertThat(p.line()).isPositive())
                        .allSatisfy(p -> assertThat(p.message().lines()).hasSize(1));
            } catch (RuntimeException e) {
                fail("for the text\n" + mutated, e);
            }
        }
        assertThat(refused).isGreaterThan(750);
    }

    private static String mutate(String text, RandomGenerator random) {
        var out = new StringBuilder(text);
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(out.length() + 1);
            int end = Math.min(out.length(), at + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> out.insert(at, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
                case 1 -> out.delete(at, end);
                case 2 -> out.insert(random.nextInt(out.length() + 1), out.substring(at, end));
                default -> out.replace(at, end, SNIPPETS.get(random.nextInt(SNIPPETS.size())));
            }
        }
        return out.toString();
    }
}
