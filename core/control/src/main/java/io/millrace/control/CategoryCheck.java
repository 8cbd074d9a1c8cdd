package io.millrace.control;

import io.millrace.api.CategorySpec;
import io.millrace.api.Kind;
import io.millrace.api.Names;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.store.StoreImage;
import java.util.Optional;

/** Says whether a category and its value exist. Pure. */
final class CategoryCheck {
    /** The reason in conditions. */
    static final String REASON = "UnknownCategory";

    private CategoryCheck() {}

    /** What is wrong with a use of a category value; empty when it exists. */
    static Optional<String> problem(String category, String value, StoreImage image) {
        Optional<CategorySpec> spec = find(category, image);
        if (spec.isEmpty()) {
            return Optional.of("category '" + category + "' does not exist");
        }
        if (spec.get().values().contains(value)) {
            return Optional.empty();
        }
        return Optional.of(
                "category '"
                        + category
                        + "' has no value '"
                        + value
                        + "'; it has "
                        + String.join(", ", spec.get().values()));
    }

    private static Optional<CategorySpec> find(String category, StoreImage image) {
        if (Names.problem("category", category, Names.MAX_NAME_LENGTH).isPresent()) {
            return Optional.empty();
        }
        var key = ResourceKey.ofInstall(Kind.CATEGORY, new ResourceName(category));
        return image.find(key, CategorySpec.class).map(Resource::spec);
    }
}
