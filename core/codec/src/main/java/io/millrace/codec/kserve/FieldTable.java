package io.millrace.codec.kserve;

import io.millrace.api.MillraceException;
import io.millrace.codec.kserve.FieldRule.Treatment;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What becomes of each field of one map of somebody else's resource: each is in it once. */
public final class FieldTable {

    private final String title;
    private final Map<String, FieldRule> rules;

    private FieldTable(String title, Map<String, FieldRule> rules) {
        this.title = title;
        this.rules = Collections.unmodifiableMap(new LinkedHashMap<String, FieldRule>(rules));
    }

    /** Where the fields stand, such as {@code predictor.model}. */
    public String title() {
        return title;
    }

    /** All of them, in the order of the documentation. */
    public Collection<FieldRule> rules() {
        return rules.values();
    }

    Optional<FieldRule> find(String name) {
        return Optional.ofNullable(rules.get(name));
    }

    static Builder titled(String title) {
        return new Builder(title);
    }

    /** Collects rules. */
    static final class Builder {
        private final String title;
        private final Map<String, FieldRule> rules = new LinkedHashMap<>();

        private Builder(String title) {
            this.title = title;
        }

        Builder honoured(String name, String text) {
            return add(name, Treatment.HONOURED, text);
        }

        Builder warned(String name, String text) {
            return add(name, Treatment.WARNED, text);
        }

        Builder warned(List<String> names, String text) {
            names.forEach(name -> add(name, Treatment.WARNED, text));
            return this;
        }

        Builder refused(String name, String text) {
            return add(name, Treatment.REFUSED, text);
        }

        Builder refused(List<String> names, String text) {
            names.forEach(name -> add(name, Treatment.REFUSED, text));
            return this;
        }

        /** The same rules as elsewhere, but for fields that have one already. */
        Builder like(FieldTable other) {
            other.rules.forEach(rules::putIfAbsent);
            return this;
        }

        private Builder add(String name, Treatment treatment, String text) {
            if (rules.put(name, new FieldRule(name, treatment, text)) != null) {
                throw MillraceException.internal(title + " has two rules for " + name, null);
            }
            return this;
        }

        FieldTable build() {
            return new FieldTable(title, rules);
        }
    }
}
