package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;

/**
 * A pipeline as a user names it: {@code NAME}, {@code pipeline/NAME} or {@code pipeline/NAME:EDGE}.
 *
 * @param name of the pipeline
 * @param edge of it; empty when none was named
 */
record PipelineRef(ResourceName name, String edge) {

    static PipelineRef parse(String text) {
        int colon = text.indexOf(':');
        String resource = colon < 0 ? text : text.substring(0, colon);
        ResourceRef ref =
                ResourceRef.parseOne(resource.contains("/") ? resource : "pipeline/" + resource);
        if (ref.kind() != Kind.PIPELINE) {
            throw MillraceException.invalid(
                    "'%s' is no pipeline; expected pipeline/NAME".formatted(resource));
        }
        return new PipelineRef(
                ref.name().orElseThrow(), colon < 0 ? "" : text.substring(colon + 1));
    }

    /** One that has no edges to name. */
    static ResourceKey parseWhole(String text, ProjectId project) {
        PipelineRef ref = parse(text);
        if (!ref.edge.isEmpty()) {
            throw MillraceException.invalid("only 'millrace tap' takes an edge, as in " + text);
        }
        return ref.key(project);
    }

    ResourceKey key(ProjectId project) {
        return ResourceKey.of(Kind.PIPELINE, project, name.value());
    }
}
