package io.millrace.codec;

import io.millrace.api.CategorySpec;
import io.millrace.codec.Node.MapNode;
import java.util.List;

/** {@code kind: Category}. */
final class CategoryCodec implements KindCodec<CategorySpec> {

    @Override
    public Class<CategorySpec> type() {
        return CategorySpec.class;
    }

    @Override
    public CategorySpec read(Fields spec) {
        String description = spec.optional("description").looseText();
        List<Value> items = spec.required("values").filledItems();
        Value.refuseDuplicates("value", items);
        List<String> values = items.stream().map(Value::filledLooseText).toList();
        spec.rejectUnknown();
        return new CategorySpec(description, values);
    }

    @Override
    public MapNode write(CategorySpec spec) {
        return Node.map()
                .put("description", spec.description())
                .put("values", Node.texts(spec.values()))
                .build();
    }
}
