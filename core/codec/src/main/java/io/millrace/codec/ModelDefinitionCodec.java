package io.millrace.codec;

import io.millrace.api.FunctionSpec.Source;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ModelDefinitionSpec.Library;
import io.millrace.codec.Node.MapNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: ModelDefinition}. */
final class ModelDefinitionCodec implements KindCodec<ModelDefinitionSpec> {

    private static final String DEFAULT_FILE = "model.py";
    private static final Map<String, Library> LIBRARIES = Words.of(Library.values());

    @Override
    public Class<ModelDefinitionSpec> type() {
        return ModelDefinitionSpec.class;
    }

    @Override
    public ModelDefinitionSpec read(Fields spec) {
        Library library = spec.optional("library").choice("library", LIBRARIES, Set.of());
        Value imports = spec.optional("imports");
        List<String> requirements = FunctionCodec.requirements(spec.optional("requirements"));
        Source source = FunctionCodec.source(spec.required("source"), DEFAULT_FILE);
        spec.rejectUnknown();
        return new ModelDefinitionSpec(
                library, imports.isPresent() ? imports.text() : "", source, requirements);
    }

    @Override
    public MapNode write(ModelDefinitionSpec spec) {
        return Node.map()
                .put("library", Words.word(spec.library()))
                .put("imports", spec.imports())
                .put("source", FunctionCodec.write(spec.source()))
                .put("requirements", Node.texts(spec.requirements()))
                .build();
    }
}
