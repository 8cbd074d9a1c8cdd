package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.Manifest;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MqttUsersCodecTest {

    private static final String USERS =
            "{users: {secret: tenants}, publish: [\"inqueue/{user}\"],"
                    + " subscribe: [\"outqueue/{user}\"], rate: 200}";

    @Test
    void readsUsersWithTheirTopicsAndTheRate() {
        assertThat(read(USERS))
                .singleElement()
                .extracting(manifest -> ((DataSourceSpec) manifest.spec()).connection())
                .isEqualTo(
                        new EmbeddedMqtt(
                                Optional.of(
                                        new MqttUsers(
                                                new ResourceName("tenants"),
                                                List.of("inqueue/{user}"),
                                                List.of("outqueue/{user}"))),
                                OptionalInt.of(200)));
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(problems("{users: {secert: tenants}, publish: [\"in/{user}\"]}"))
                .anyMatch(text -> text.contains("did you mean 'secret'"));
        assertThat(problems("{users: {secret: tenants}}"))
                .anyMatch(text -> text.contains("users need 'publish' or 'subscribe'"));
        assertThat(problems("{users: {secret: t}, publish: [\"in/{usr}\"]}"))
                .anyMatch(text -> text.contains("unknown template {usr}"));
        assertThat(problems("{users: {secret: t}, publish: [\"in/x{user}\"]}"))
                .anyMatch(text -> text.contains("takes a whole level"));
        assertThat(problems("{publish: [\"in/{user}\"]}"))
                .anyMatch(text -> text.contains("only 'users' have it"));
        assertThat(problems("{rate: 0}")).isNotEmpty();
        assertThat(problems("{url: \"mqtt://example.org:1883\", rate: 5}"))
                .anyMatch(text -> text.contains("only the embedded broker has it"));
    }

    private static List<Manifest<?>> read(String connection) {
        return ResourceReader.forServer(new ProjectId("p"))
                .read(
                        "a.yaml",
                        """
                        apiVersion: millrace.io/v1
                        kind: DataSource
                        metadata: {name: a}
                        spec:
                          mqtt: %s
                          fields: [{name: f, topic: "inqueue/{tenant}"}]
                        """
                                .formatted(connection));
    }

    private static List<String> problems(String connection) {
        try {
            read(connection);
            return List.of();
        } catch (ResourceProblems e) {
            return e.problems().stream().map(Problem::message).toList();
        }
    }
}
