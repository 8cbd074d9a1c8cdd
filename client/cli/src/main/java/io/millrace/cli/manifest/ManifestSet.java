package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import io.millrace.codec.kserve.KServeResources.SecretValues;
import java.util.ArrayList;
import java.util.List;

/**
 * What files ask for.
 *
 * @param documents our resources
 * @param secrets to be set before they are applied
 * @param warnings what is not as the files say, each with its place
 */
public record ManifestSet(
        List<ManifestDocument> documents, List<SecretValues> secrets, List<Problem> warnings) {

    public ManifestSet {
        documents = List.copyOf(documents);
        secrets = List.copyOf(secrets);
        warnings = List.copyOf(warnings);
    }

    /** Of files with nothing but our own resources. */
    public static ManifestSet of(List<ManifestDocument> documents) {
        return new ManifestSet(documents, List.of(), List.of());
    }

    /** With documents before those of this. */
    ManifestSet after(List<ManifestDocument> first) {
        var all = new ArrayList<ManifestDocument>(first);
        all.addAll(documents);
        return new ManifestSet(all, secrets, warnings);
    }
}
