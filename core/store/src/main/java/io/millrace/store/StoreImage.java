package io.millrace.store;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import java.util.List;
import java.util.Optional;

/** All resources at one revision. Immutable. */
public interface StoreImage {

    /** The revision of the newest change in it. */
    Revision revision();

    /** The resource of a key. */
    Optional<Resource<?>> find(ResourceKey key);

    /** The resources of a kind, of all projects, by key. */
    List<Resource<?>> all(Kind kind);

    /** The resources of a kind in a project, by key. */
    List<Resource<?>> all(Kind kind, ProjectId project);

    /** The resource of a key, with its spec as the given type. */
    default <S extends Spec> Optional<Resource<S>> find(ResourceKey key, Class<S> type) {
        return find(key).map(resource -> cast(resource, type));
    }

    /** The resources of a kind in a project, with their specs as the given type. */
    default <S extends Spec> List<Resource<S>> all(Kind kind, ProjectId project, Class<S> type) {
        return all(kind, project).stream().map(resource -> cast(resource, type)).toList();
    }

    private static <S extends Spec> Resource<S> cast(Resource<?> resource, Class<S> type) {
        return new Resource<>(
                resource.key(), resource.metadata(), type.cast(resource.spec()), resource.status());
    }
}
