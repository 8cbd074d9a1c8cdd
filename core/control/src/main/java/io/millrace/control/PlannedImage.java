package io.millrace.control;

import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Scope;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.store.StoreImage;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the store would hold once some manifests were written. Resources that would be new have
 * generation 0.
 */
final class PlannedImage implements StoreImage {
    private final StoreImage base;
    private final TreeMap<ResourceKey, Resource<?>> planned = new TreeMap<>();

    PlannedImage(StoreImage base, Collection<? extends Manifest<?>> manifests) {
        this.base = base;
        for (Manifest<?> manifest : manifests) {
            planned.put(manifest.key(), resource(manifest));
        }
    }

    private <S extends Spec> Resource<S> resource(Manifest<S> manifest) {
        Metadata metadata =
                base.find(manifest.key())
                        .map(Resource::metadata)
                        .orElseGet(() ->
                                new Metadata(
                                        "",
                                        manifest.title(),
                                        Map.of(),
                                        0,
                                        Revision.NONE,
                                        Instant.MAX));
        return new Resource<>(manifest.key(), metadata, manifest.spec(), Status.NONE);
    }

    @Override
    public Revision revision() {
        return base.revision();
    }

    @Override
    public Optional<Resource<?>> find(ResourceKey key) {
        Resource<?> mine = planned.get(key);
        return mine != null ? Optional.of(mine) : base.find(key);
    }

    @Override
    public List<Resource<?>> all(Kind kind) {
        return merge(base.all(kind), planned.values().stream().filter(r -> is(r, kind)).toList());
    }

    @Override
    public List<Resource<?>> all(Kind kind, ProjectId project) {
        var scope = new Scope.InProject(project);
        return merge(
                base.all(kind, project),
                planned.values().stream()
                        .filter(r -> is(r, kind) && r.key().scope().equals(scope))
                        .toList());
    }

    private static boolean is(Resource<?> resource, Kind kind) {
        return resource.key().kind() == kind;
    }

    private static List<Resource<?>> merge(
            List<Resource<?>> existing, List<Resource<?>> replacing) {
        var all = new TreeMap<ResourceKey, Resource<?>>();
        existing.forEach(resource -> all.put(resource.key(), resource));
        replacing.forEach(resource -> all.put(resource.key(), resource));
        return List.copyOf(all.values());
    }
}
