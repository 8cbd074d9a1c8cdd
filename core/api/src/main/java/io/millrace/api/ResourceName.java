package io.millrace.api;

/**
 * The name of a resource, unique within its kind and project.
 *
 * @param value 1 to 128 letters, digits, {@code _}, {@code -} or {@code .}, first a letter or digit
 */
public record ResourceName(String value) implements Comparable<ResourceName> {

    public ResourceName {
        Names.check("name", value, Names.MAX_NAME_LENGTH);
    }

    @Override
    public int compareTo(ResourceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
