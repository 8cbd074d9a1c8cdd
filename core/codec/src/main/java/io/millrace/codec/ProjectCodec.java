package io.millrace.codec;

import io.millrace.api.ProjectSpec;
import io.millrace.api.ProjectSpec.Member;
import io.millrace.api.ProjectSpec.Role;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: Project}. */
final class ProjectCodec implements KindCodec<ProjectSpec> {

    private static final Map<String, Role> ROLES = Words.of(Role.values());

    @Override
    public Class<ProjectSpec> type() {
        return ProjectSpec.class;
    }

    @Override
    public ProjectSpec read(Fields spec) {
        spec.later("quotas");
        String description = spec.optional("description").looseText();
        var members = new ArrayList<Member>();
        var users = new ArrayList<Value>();
        for (Value item : spec.optional("members").items()) {
            Fields fields = item.fields();
            Value user = fields.required("user");
            users.add(user);
            Role role = fields.required("role").choice("role", ROLES, Set.of());
            members.add(new Member(user.filledText(), role));
            fields.rejectUnknown();
        }
        Value.refuseDuplicates("user", users);
        List<Value> domains = spec.optional("serviceDomains").items();
        Value.refuseDuplicates("service domain", domains);
        List<String> names = domains.stream().map(d -> d.name("service domain").value()).toList();
        spec.rejectUnknown();
        return new ProjectSpec(description, members, names);
    }

    @Override
    public MapNode write(ProjectSpec spec) {
        List<MapNode> members =
                spec.members().stream()
                        .map(m ->
                                Node.map()
                                        .put("user", m.user())
                                        .put("role", Words.word(m.role()))
                                        .build())
                        .toList();
        return Node.map()
                .put("description", spec.description())
                .put("members", Node.list(members))
                .put("serviceDomains", Node.texts(spec.serviceDomains()))
                .build();
    }
}
