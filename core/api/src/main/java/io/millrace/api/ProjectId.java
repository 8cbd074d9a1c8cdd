package io.millrace.api;

/**
 * The name of a project: part of the key of everything that belongs to one tenant.
 *
 * @param value 1 to 63 letters, digits, {@code _}, {@code -} or {@code .}, first a letter or digit
 */
public record ProjectId(String value) implements Comparable<ProjectId> {

    /** The project that clients get which name none. */
    public static final ProjectId DEFAULT = new ProjectId("default");

    public ProjectId {
        Names.check("project", value, Names.MAX_PROJECT_LENGTH);
    }

    @Override
    public int compareTo(ProjectId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
