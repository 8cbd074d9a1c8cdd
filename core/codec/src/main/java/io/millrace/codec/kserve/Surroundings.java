package io.millrace.codec.kserve;

import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Optional;

/** What a translation must know beside the text. Each method may block. */
public interface Surroundings {

    /** A model as it is declared now: what changes about it depends on it. */
    Optional<ModelSpec> model(ProjectId project, ResourceName name);

    /** Whether there is such a project. */
    boolean hasProject(ProjectId project);

    /**
     * The text of a file beside a document.
     *
     * @throws io.millrace.api.MillraceException when it cannot be read; the message says why
     */
    String readText(int document, String path);

    /**
     * The address under which a model's file beside a document is or will be kept: {@code
     * blob:sha256:…}.
     *
     * @throws io.millrace.api.MillraceException when it cannot be read; the message says why
     */
    String contentAddress(int document, String path);

    /** Whether a bootstrap server of Kafka is the log's own. */
    boolean isOwnLog(String hostAndPort);
}
