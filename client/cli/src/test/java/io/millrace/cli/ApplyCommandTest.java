package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class ApplyCommandTest {

    private static final String DRY = "POST /api/v1/apply?project=default&dryRun=true";
    private static final String REAL = "POST /api/v1/apply?project=default&dryRun=false";
    private static final String NOTHING = "{\"results\":[]}";
    private static final String MODEL =
            """
            kind: Model
            metadata: {project: fashion, name: m}
            spec:
              framework: tensorflow
              versions:
                - {version: 1, uri: "file:m.zip"}
            """;
    // printf abc | sha256sum
    private static final String ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir private Path folder;
    private FakeApi api;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void sendsAFunctionsFileAlongAndSaysWhatChanged() throws IOException {
        write("f.py", "def main(ctx, msg):\n    ctx.send(msg)  # \u2028 \u0085 ✓ 😀 \u007f\n");
        write(
                "f.yaml",
                "# one\nkind: Function\nmetadata: {name: f}\nspec: {source: {file: f.py}}\n");
        api.json(REAL, results("Function", "f", "created"));

        CliRun run = run("apply", "-f", "f.yaml");

        assertThat(run).isEqualTo(new CliRun(0, "Function/f created\n", ""));
        String body = api.last(REAL).text();
        assertThat(body.lines()).hasSize(2).startsWith("---");
        JsonNode sent = JsonMapper.shared().readTree(body.lines().toList().getLast());
        assertThat(sent.at("/spec/source/file").asString()).isEqualTo("f.py");
        assertThat(sent.at("/spec/source/inline").asString())
                .isEqualTo(Files.readString(folder.resolve("f.py")));
        assertThat(body).doesNotContain("\u2028", "\u0085", "\u007f").contains("✓ 😀");
    }

    @Test
    void readsTheFilesOfAFolderInOrderAndNotThoseBelow() throws IOException {
        write("d/2.yml", "kind: Category\nmetadata: {name: two}\n");
        write("d/1.yaml", "kind: Category\nmetadata: {name: one}\n");
        write("d/3.json", "{\"kind\": \"Category\",\n\t\"metadata\": {\"name\": \"three\"}}");
        write("d/README.md", "# not a resource");
        write("d/below/0.yaml", "kind: Category\nmetadata: {name: no}\n");
        api.json(REAL, NOTHING);

        assertThat(run("apply", "-f", "d").code()).isZero();

        assertThat(api.last(REAL).text())
                .containsSubsequence("\"one\"", "\"two\"", "\"three\"")
                .doesNotContain("\"no\"");
    }

    @Test
    void readsStandardInput() {
        api.json(
                "POST /api/v1/apply?project=p&dryRun=false", results("Category", "c", "unchanged"));
        CliRun run =
                CliRun.of(
                        api,
                        folder,
                        "kind: Category\nmetadata: {name: c}",
                        "apply",
                        "-f",
                        "-",
                        "--project",
                        "p");
        assertThat(run).isEqualTo(new CliRun(0, "Category/c unchanged\n", ""));
    }

    @Test
    void uploadsAModelOnceEverythingWasFoundRight() throws IOException {
        write("m.zip", "abc");
        write("m.yaml", MODEL);
        api.json(DRY, NOTHING);
        api.json("POST /api/v1/projects/fashion/blobs", "{\"uri\":\"blob:sha256:" + ABC + "\"}");
        api.json(REAL, results("Model", "m", "created"));

        assertThat(run("apply", "-f", "m.yaml").out()).isEqualTo("Model/m created\n");

        assertThat(api.lines())
                .containsExactly(
                        DRY,
                        "HEAD /api/v1/projects/fashion/blobs/" + ABC,
                        "POST /api/v1/projects/fashion/blobs",
                        REAL);
        assertThat(api.last(REAL).text()).contains("\"uri\":\"blob:sha256:" + ABC + "\"");
    }

    @Test
    void packsModelFilesAndFoldersForTheUpload() throws IOException {
        write("m/model.onnx", "the model");
        write("digits.onnx", "the model");
        String yaml = MODEL.replace("uri: \"file:m.zip\"", "storageUri: \"file:%s\"");
        write("folder.yaml", yaml.formatted("m"));
        write("file.yaml", yaml.formatted("digits.onnx"));
        api.json(DRY, NOTHING).json(REAL, NOTHING);
        api.json("POST /api/v1/projects/fashion/blobs", "{}");

        assertThat(run("apply", "-f", "folder.yaml").code()).isZero();
        String first = api.last(REAL).text();
        assertThat(run("apply", "-f", "file.yaml").code()).isZero();

        // The same content in the same place of an archive is the same archive.
        assertThat(api.last(REAL).text())
                .isEqualTo(first)
                .contains("\"storageUri\":\"blob:sha256:");
        assertThat(api.last("POST /api/v1/projects/fashion/blobs").text()).startsWith("PK");
    }

    @Test
    void uploadsNothingThatIsThereAlready() throws IOException {
        write("m.zip", "abc");
        write("m.yaml", MODEL);
        api.json(DRY, NOTHING).json(REAL, NOTHING);
        api.answer("HEAD /api/v1/projects/fashion/blobs/" + ABC, 200, "x/y", new byte[0]);

        assertThat(run("apply", "-f", "m.yaml").code()).isZero();
        assertThat(api.lines()).doesNotContain("POST /api/v1/projects/fashion/blobs");
    }

    @Test
    void createsTheProjectFirstWhenAModelIsToBePutIntoIt() throws IOException {
        write("m.zip", "abc");
        write("m.yaml", "kind: Project\nmetadata: {name: fashion}\n---\n" + MODEL);
        api.json(DRY, NOTHING).json(REAL, NOTHING);
        String upload = "POST /api/v1/projects/fashion/blobs";
        api.problem(upload, 404, "NOT_FOUND", "there is no project fashion", "");
        api.json(upload, "{}");

        assertThat(run("apply", "-f", "m.yaml").code()).isZero();

        var applied = api.requests().stream().filter(r -> r.line().equals(REAL)).toList();
        assertThat(applied).hasSize(2);
        assertThat(applied.getFirst().text()).contains("Project").doesNotContain("Model");
        assertThat(applied.getLast().text()).contains("Project", "Model");
    }

    @Test
    void showsWhatTheServerFindsWrongInTheUsersFiles() throws IOException {
        write(
                "a.yaml",
                "kind: Category\nmetadata: {name: c}\nspec:\n  values: [x]\n  valeus: [x]\n");
        write("b.yaml", "---\n---\nkind: Function\nmetadata: {name: f}\nspec:\n  language: perl\n");
        api.problem(
                REAL,
                400,
                "INVALID",
                "2 problems",
                """
                {"source":"1","line":2,"column":60,"pointer":"/spec/valeus","message":"unknown field"},
                {"source":"document 2","line":4,"column":9,"pointer":"/spec/source","message":"is missing"},
                {"source":"Function/f","pointer":"/spec/language","message":"not for you"}\
                """);

        CliRun run = run("apply", "-f", "a.yaml", "-f", "b.yaml");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines())
                .containsExactly(
                        "millrace: a.yaml:5:3: unknown field",
                        "b.yaml:5:1: is missing",
                        "b.yaml:6:3: not for you");
    }

    @Test
    void reportsEverythingWrongOnThisSideAtOnce() throws IOException {
        write("f.yaml", "kind: Function\nspec:\n  source: {file: none.py}\n");
        write("m.yaml", MODEL);
        write("bad.yaml", "a: [1\nb: 2\n");

        CliRun syntax = run("apply", "-f", "none.yaml", "-f", "bad.yaml");
        assertThat(syntax.code()).isEqualTo(1);
        assertThat(syntax.err())
                .contains("none.yaml: cannot be read: there is no such file")
                .contains("bad.yaml:2:2: not YAML: expected");

        CliRun files = run("apply", "-f", "f.yaml", "-f", "m.yaml");
        assertThat(files.code()).isEqualTo(1);
        assertThat(files.err())
                .contains("f.yaml:3:12: the file 'none.py' cannot be used: there is no such file")
                .contains("m.yaml:6:20: the file 'm.zip' cannot be used: there is no such file");
        assertThat(api.requests()).isEmpty();
    }

    @Test
    void waitsUntilAllIsReady() throws IOException {
        write("c.yaml", "kind: Category\nmetadata: {name: c}\n");
        api.json(REAL, results("Category", "c", "created"));
        api.json("GET /api/v1/categories/c", resource("False", 1));
        api.json("GET /api/v1/categories/c", resource("True", 1));
        api.json("GET /api/v1/categories/c", resource("True", 2));

        CliRun run = run("apply", "-f", "c.yaml", "--wait");

        assertThat(run).isEqualTo(new CliRun(0, "Category/c created\n", "ready\n"));
        assertThat(api.lines()).filteredOn(line -> line.startsWith("GET")).hasSize(3);
    }

    @Test
    void tellsTheConditionsOfWhatIsNotReadyInTime() throws IOException {
        write("c.yaml", "kind: Category\nmetadata: {name: c}\n");
        api.json(REAL, results("Category", "c", "created"));
        api.json("GET /api/v1/categories/c", resource("False", 2));

        CliRun run = run("apply", "-f", "c.yaml", "--wait=300ms");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("Category/c").contains("Ready=False Broken: on fire");
    }

    @Test
    void appliesWhatGetPrints() throws IOException {
        write(
                "c.yaml",
                """
                kind: Category
                metadata: {name: c, uid: u, generation: 3, revision: 9, createdAt: 2026-01-01T00:00:00Z}
                spec: {values: [x]}
                status: {conditions: []}
                """);
        api.json(REAL, NOTHING);
        run("apply", "-f", "c.yaml");
        assertThat(api.last(REAL).text())
                .isEqualTo(
                        "---\n{\"kind\":\"Category\",\"metadata\":{\"name\":\"c\"},\"spec\":{\"values\":[\"x\"]}}\n");
    }

    @Test
    void needsFiles() {
        CliRun run = run("apply");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("millrace apply -f FILE");
    }

    private CliRun run(String... arguments) {
        return CliRun.of(api, folder, "", arguments);
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String results(String kind, String name, String change) {
        return """
        {"results":[{"kind":"%s","project":"","name":"%s","change":"%s"}]}\
        """
                .formatted(kind, name, change);
    }

    private static String resource(String ready, int observed) {
        return """
        {"kind":"Category","metadata":{"name":"c","generation":2},"status":{"conditions":[
          {"type":"Ready","status":"%s","reason":"Broken","message":"on fire","observedGeneration":%d}]}}\
        """
                .formatted(ready, observed);
    }
}
