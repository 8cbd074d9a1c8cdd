package io.millrace.store;

import io.millrace.api.CategorySpec;
import io.millrace.api.DataSize;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Resources for tests. */
final class Manifests {

    private Manifests() {}

    static ResourceKey categoryKey(String name) {
        return ResourceKey.ofInstall(Kind.CATEGORY, new ResourceName(name));
    }

    static Manifest<CategorySpec> category(String name, String... values) {
        return new Manifest<>(
                categoryKey(name), "", Map.of(), new CategorySpec("", List.of(values)));
    }

    static Manifest<FunctionSpec> function(String project, String name, String code) {
        return new Manifest<>(
                ResourceKey.of(Kind.FUNCTION, new ProjectId(project), name),
                "",
                Map.of(),
                new FunctionSpec(
                        FunctionSpec.Language.PYTHON,
                        "python",
                        List.of(),
                        new FunctionSpec.Source("f.py", code),
                        List.of(),
                        Duration.ofSeconds(1),
                        DataSize.ofMebibytes(64)));
    }
}
