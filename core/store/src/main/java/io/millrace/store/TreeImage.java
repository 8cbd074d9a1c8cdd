package io.millrace.store;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import java.util.List;
import java.util.Optional;

/** An image over a tree of resources. */
record TreeImage(Revision revision, ResourceTree tree) implements StoreImage {

    /** Before the first change. */
    static final TreeImage EMPTY = new TreeImage(Revision.NONE, ResourceTree.EMPTY);

    /** The image after one more change. */
    TreeImage after(Change change) {
        return switch (change) {
            case Change.Put(Revision at, Resource<?> resource) ->
                    new TreeImage(at, tree.with(resource));
            case Change.Deleted(Revision at, Resource<?> last) ->
                    new TreeImage(at, tree.without(last.key()));
        };
    }

    @Override
    public Optional<Resource<?>> find(ResourceKey key) {
        return tree.find(key);
    }

    @Override
    public List<Resource<?>> all(Kind kind) {
        return tree.range(key -> key.kind().compareTo(kind));
    }

    @Override
    public List<Resource<?>> all(Kind kind, ProjectId project) {
        String scope = project.value();
        return tree.range(key -> {
            int order = key.kind().compareTo(kind);
            return order != 0 ? order : key.scope().toString().compareTo(scope);
        });
    }
}
