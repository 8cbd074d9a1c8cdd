package io.millrace.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class YamlDocumentsTest {

    private final List<Problem> problems = new ArrayList<>();

    @Test
    void keepsTypesAsYamlSays() {
        assertThat(json("{a: 1, b: '1', c: 1.5, d: true, e: on, f: null, g: 0x10, h: 2026-01-01}"))
                .isEqualTo(
                        "{\"a\":1,\"b\":\"1\",\"c\":1.5,\"d\":true,\"e\":\"on\",\"f\":null,\"g\":16,"
                                + "\"h\":\"2026-01-01\"}");
    }

    @Test
    void followsAnchors() {
        assertThat(json("a: &x {b: 1}\nc: *x\n")).isEqualTo("{\"a\":{\"b\":1},\"c\":{\"b\":1}}");
    }

    @Test
    void knowsWhereEverythingIs() {
        var document = read("---\nspec:\n  to:\n    - topic: a\n    - topic: b\n").getFirst();
        assertThat(document.problemAt("/spec/to/1/topic", "m").toString()).isEqualTo("f:5:7: m");
        assertThat(document.problemAt("/spec/to/1", "m").toString()).isEqualTo("f:5:7: m");
        assertThat(document.problemAt("/spec/to", "m").toString()).isEqualTo("f:3:3: m");
        assertThat(document.problemAt("/spec/from/x", "m").toString()).isEqualTo("f:2:1: m");
        assertThat(document.problemAt("", "m").toString()).isEqualTo("f:2:1: m");
    }

    @Test
    void reportsWhatJsonCannotSay() {
        read("a: 1\na: 2\n? [x]\n: 3\nb: !secret 4\n--- 5\n");
        assertThat(problems)
                .extracting(Problem::toString)
                .containsExactlyInAnyOrder(
                        "f:2:1: the field 'a' is here twice",
                        "f:3:3: a field's name must be a text",
                        "f:5:4: the YAML tag !secret is not supported",
                        "f:6:5: a resource must be a mapping with apiVersion, kind, metadata and"
                                + " spec");
    }

    @Test
    void refusesATextThatUnfoldsWithoutEnd() {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            String below = "*a" + (i - 1);
            text.append("a" + i + ": &a" + i + " [" + (below + ", ").repeat(9) + below + "]\n");
        }
        read(text.toString());
        assertThat(problems).extracting(Problem::message).anyMatch(m -> m.contains("too deeply"));
    }

    @Test
    void skipsEmptyDocuments() {
        assertThat(read("---\n# nothing\n---\na: 1\n---\n")).hasSize(1);
        assertThat(problems).isEmpty();
    }

    private String json(String yaml) {
        return JsonMapper.shared().writeValueAsString(read(yaml).getFirst().tree());
    }

    private List<ManifestDocument> read(String yaml) {
        return new YamlDocuments("f", Path.of(""), problems).read(yaml);
    }
}
