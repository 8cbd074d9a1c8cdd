package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Suggestion;
import java.util.ArrayList;
import java.util.Optional;

/**
 * What a user names on the command line: a kind, or one resource of it.
 *
 * @param kind in any spelling that people use
 * @param name of one resource; empty for all of the kind
 */
record ResourceRef(Kind kind, Optional<ResourceName> name) {

    /** Reads {@code KIND} or {@code KIND/NAME}. */
    static ResourceRef parse(String text) {
        int slash = text.indexOf('/');
        String kind = slash < 0 ? text : text.substring(0, slash);
        Optional<ResourceName> name =
                slash < 0
                        ? Optional.empty()
                        : Optional.of(new ResourceName(text.substring(slash + 1)));
        return new ResourceRef(Kind.find(kind).orElseThrow(() -> unknown(kind)), name);
    }

    /** Reads {@code KIND/NAME}. */
    static ResourceRef parseOne(String text) {
        ResourceRef ref = parse(text);
        if (ref.name.isEmpty()) {
            throw MillraceException.invalid(
                    "'" + text + "' names a kind; say which one, as in " + text + "/NAME");
        }
        return ref;
    }

    /** The key, in a project where the kind needs one. */
    ResourceKey key(ProjectId project) {
        ResourceName known =
                name.orElseThrow(() -> MillraceException.invalid(kind.label() + " needs a name"));
        return kind.isInProject()
                ? ResourceKey.of(kind, project, known)
                : ResourceKey.ofInstall(kind, known);
    }

    private static MillraceException unknown(String kind) {
        var known = new ArrayList<String>();
        for (Kind candidate : Kind.values()) {
            known.add(candidate.plural());
        }
        String hint =
                Suggestion.nearest(kind, known)
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("; there are " + String.join(", ", known));
        return MillraceException.invalid("there is no kind '" + kind + "'" + hint);
    }
}
