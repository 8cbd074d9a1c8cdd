package io.millrace.api;

/** Where a name counts: in the whole install or in one project. */
public sealed interface Scope {

    /** The whole install. */
    record Install() implements Scope {
        @Override
        public String toString() {
            return "";
        }
    }

    /** One project. */
    record InProject(ProjectId project) implements Scope {
        @Override
        public String toString() {
            return project.value();
        }
    }
}
