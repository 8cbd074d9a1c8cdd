package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Somebody else's way to write down what shall run. It only translates into our resources, so that
 * everything behind it, uploads, previews and messages with their lines included, works as for
 * them.
 */
sealed interface Dialect permits ServiceConfiguration {

    /** Whether a document is written so; of those that are ours it never is. */
    boolean recognises(ObjectNode tree);

    /**
     * The same in our resources.
     *
     * @param problems where to put what is wrong; what is returned then is not used
     */
    List<ManifestDocument> translate(ManifestDocument document, List<Problem> problems);
}
