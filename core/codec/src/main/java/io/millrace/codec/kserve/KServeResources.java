package io.millrace.codec.kserve;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a text of KServe's resources becomes.
 *
 * @param manifests in an order in which what is needed comes first
 * @param secrets to be set before the manifests are applied
 * @param warnings what is not as it was asked for
 */
public record KServeResources(
        List<Translated> manifests, List<SecretValues> secrets, List<Warning> warnings) {

    public KServeResources {
        manifests = List.copyOf(manifests);
        secrets = List.copyOf(secrets);
        warnings = List.copyOf(warnings);
    }

    /**
     * One of our resources.
     *
     * @param manifest what is wanted
     * @param document which of the text it comes from, from 1
     * @param origins JSON pointers of ours and where they come from in the document
     */
    public record Translated(Manifest<?> manifest, int document, Map<String, String> origins) {
        public Translated {
            origins = Map.copyOf(origins);
        }
    }

    /**
     * A secret of a project.
     *
     * @param values by name; never to be shown
     */
    public record SecretValues(ProjectId project, ResourceName name, Map<String, String> values) {
        public SecretValues {
            values = Map.copyOf(values);
        }

        /** Names only. */
        @Override
        public String toString() {
            return "SecretValues[%s/%s %s]"
                    .formatted(project, name, new TreeMap<>(values).keySet());
        }
    }

    /**
     * What deleting the resources of a text means.
     *
     * @param keys in an order in which what uses others comes first
     * @param secrets by project and name
     * @param kept kinds and names of documents for which nothing is deleted
     */
    public record Targets(List<ResourceKey> keys, List<SecretValues> secrets, List<String> kept) {
        public Targets {
            keys = List.copyOf(keys);
            secrets = List.copyOf(secrets);
            kept = List.copyOf(kept);
        }
    }

    /** Whether anything of a kind is in it. */
    public boolean has(Kind kind) {
        return manifests.stream().anyMatch(t -> t.manifest().key().kind() == kind);
    }
}
