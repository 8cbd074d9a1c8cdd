package io.millrace.api;

/**
 * What identifies a resource. A kind that belongs to a project cannot have a key without one.
 *
 * @param kind its kind
 * @param scope the project, or the install for kinds that belong to none
 * @param name its name
 */
public record ResourceKey(Kind kind, Scope scope, ResourceName name)
        implements Comparable<ResourceKey> {

    public ResourceKey {
        if (kind.isInProject() != scope instanceof Scope.InProject) {
            throw MillraceException.invalid(
                    kind.label()
                            + (kind.isInProject()
                                    ? " needs a project"
                                    : " does not belong to a project"));
        }
    }

    /** The key of a resource in a project. */
    public static ResourceKey of(Kind kind, ProjectId project, ResourceName name) {
        return new ResourceKey(kind, new Scope.InProject(project), name);
    }

    /** The key of a resource in a project. */
    public static ResourceKey of(Kind kind, ProjectId project, String name) {
        return of(kind, project, new ResourceName(name));
    }

    /** The key of a resource of the whole install, such as a project. */
    public static ResourceKey ofInstall(Kind kind, ResourceName name) {
        return new ResourceKey(kind, new Scope.Install(), name);
    }

    /** The key of a project. */
    public static ResourceKey ofProject(ProjectId project) {
        return ofInstall(Kind.PROJECT, new ResourceName(project.value()));
    }

    /**
     * The project it belongs to.
     *
     * @throws MillraceException when the kind belongs to none
     */
    public ProjectId project() {
        return switch (scope) {
            case Scope.InProject(ProjectId project) -> project;
            case Scope.Install() ->
                    throw MillraceException.internal(kind.label() + " has no project", null);
        };
    }

    /** As in {@code pipeline/fashion-pipeline}: for messages. */
    public String label() {
        return kind.label() + "/" + name;
    }

    @Override
    public int compareTo(ResourceKey other) {
        int byKind = kind.compareTo(other.kind);
        if (byKind != 0) {
            return byKind;
        }
        int byScope = scope.toString().compareTo(other.scope.toString());
        return byScope != 0 ? byScope : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        String project = scope.toString();
        return project.isEmpty() ? label() : project + "/" + label();
    }
}
