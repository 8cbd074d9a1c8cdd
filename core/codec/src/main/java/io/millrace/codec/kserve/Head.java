package io.millrace.codec.kserve;

import io.millrace.api.Names;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.codec.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What stands before a spec.
 *
 * @param project that the namespace stands for
 * @param name of the resource
 * @param labels of the resource
 * @param annotations by name, with their places
 */
record Head(
        ProjectId project,
        ResourceName name,
        Map<String, String> labels,
        Map<String, Value> annotations) {

    Head {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Reads it.
     *
     * @param projects what namespaces stand for
     */
    static Head read(Value root, Projects projects, Notes notes) {
        var section =
                new Section(root.fields().required("metadata"), ServiceTables.METADATA, notes);
        ResourceName name = section.required("name").name("name");
        Value namespace = section.optional("namespace");
        Map<String, String> labels = section.optional("labels").textMap();
        var annotations = new LinkedHashMap<String, Value>();
        section.optional("annotations")
                .map()
                .forEach((key, value) -> {
                    if (value.isScalar()) {
                        annotations.put(key, value);
                    }
                });
        section.end();
        return new Head(projects.of(namespace), name, labels, annotations);
    }

    /** An annotation's text, if it is there. */
    Optional<String> annotation(String key) {
        return Optional.ofNullable(annotations.get(key)).map(Value::looseText);
    }

    /**
     * What namespaces stand for.
     *
     * @param chosen wins over all; empty for none
     * @param otherwise of documents without a namespace
     */
    record Projects(Optional<ProjectId> chosen, ProjectId otherwise) {

        ProjectId of(Value namespace) {
            String text = namespace.isPresent() ? namespace.filledText() : "";
            if (chosen.isPresent() || text.isBlank()) {
                return chosen.orElse(otherwise);
            }
            var problem = Names.problem("namespace", text, Names.MAX_PROJECT_LENGTH);
            problem.ifPresent(namespace::problem);
            return problem.isPresent() ? otherwise : new ProjectId(text);
        }
    }
}
