package io.millrace.api;

import java.util.List;

/**
 * A tenant.
 *
 * @param description for people
 * @param members who may do what in it
 * @param serviceDomains the places where its workloads may run; {@code local} is this process
 */
public record ProjectSpec(String description, List<Member> members, List<String> serviceDomains)
        implements Spec {

    public ProjectSpec {
        members = List.copyOf(members);
        serviceDomains = List.copyOf(serviceDomains);
    }

    /** A user and the role the user has in the project. */
    public record Member(String user, Role role) {}

    /** What a member may do. */
    public enum Role {
        VIEWER,
        EDITOR,
        ADMIN
    }
}
