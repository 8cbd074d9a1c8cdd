package io.millrace.control;

import io.millrace.api.CategorySpec;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;

/** Categories are only looked up by others. */
final class CategoryReconciler implements Reconciler<CategorySpec> {
    @Override
    public Kind kind() {
        return Kind.CATEGORY;
    }

    @Override
    public Observation reconcile(Request<CategorySpec> request) {
        return Observation.ready("Created", "");
    }

    @Override
    public void remove(ResourceKey key) {
        // Nothing runs for a category.
    }
}
