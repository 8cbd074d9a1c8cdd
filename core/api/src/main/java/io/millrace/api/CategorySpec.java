package io.millrace.api;

import java.util.List;

/**
 * A label name with its allowed values; data sources carry them, pipelines select by them.
 *
 * @param description for people
 * @param values at least one, without duplicates
 */
public record CategorySpec(String description, List<String> values) implements Spec {

    public CategorySpec {
        values = List.copyOf(values);
    }
}
