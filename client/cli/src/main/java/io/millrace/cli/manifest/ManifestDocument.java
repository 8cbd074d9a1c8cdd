package io.millrace.cli.manifest;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.client.Problem;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * One resource as a user wrote it.
 *
 * @param source the file, as the user named it
 * @param folder what relative paths inside start from
 * @param tree the content
 * @param places where each JSON pointer is in the file
 */
public record ManifestDocument(
        String source, Path folder, ObjectNode tree, Map<String, Place> places) {

    /** Its kind, where it says one that exists. */
    public Optional<Kind> kind() {
        return Kind.find(tree.path("kind").asString(""));
    }

    /** Its name, as written. */
    public String name() {
        return tree.path("metadata").path("name").asString("");
    }

    /** As in {@code Pipeline/fashion-pipeline}. */
    String label() {
        return kind().map(Kind::label).orElse("?") + "/" + name();
    }

    /** The project it belongs to: its own, else the given one. */
    public ProjectId project(ProjectId otherwise) {
        String own = tree.path("metadata").path("project").asString("");
        return own.isEmpty() ? otherwise : new ProjectId(own);
    }

    /** Something wrong at a JSON pointer, or at the nearest thing around it that has a place. */
    Problem problemAt(String pointer, String message) {
        Place place = placeOf(pointer);
        return new Problem(source, place.line(), place.column(), pointer, message);
    }

    /** The place of a JSON pointer, or of the nearest thing around it that has one. */
    Place placeOf(String pointer) {
        String wanted = pointer;
        while (true) {
            Place place = places.get(wanted);
            if (place != null) {
                return place;
            }
            int slash = wanted.lastIndexOf('/');
            if (slash < 0) {
                return Place.START;
            }
            wanted = wanted.substring(0, slash);
        }
    }
}
