package io.millrace.embedded.s3.depot;

import io.millrace.api.ProjectId;
import io.millrace.api.TimeSource;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Who may come to the S3 endpoint: access keys, each with a secret and a project. */
public final class Users {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final String KEY_PREFIX = "MR";
    private static final int KEY_LENGTH = 18;
    private static final int SECRET_BYTES = 30;

    private final Database database;
    private final TimeSource time;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, User> byAccessKey = new ConcurrentHashMap<>();

    /** Reads those of a depot. */
    public Users(Depot depot, TimeSource time) {
        this.database = depot.database();
        this.time = time;
        for (User user : database.read(Users::all)) {
            byAccessKey.put(user.accessKey(), user);
        }
    }

    /** An access key; {@link #toString} leaves the secret out. */
    public record User(
            String accessKey, String secretKey, ProjectId project, String name, Instant made) {
        @Override
        public String toString() {
            return "User[accessKey=%s, project=%s, name=%s]".formatted(accessKey, project, name);
        }
    }

    /** Whose access key it is. */
    public Optional<User> find(String accessKey) {
        return Optional.ofNullable(byAccessKey.get(accessKey));
    }

    /** The users of a project, by name. */
    public List<User> of(ProjectId project) {
        return byAccessKey.values().stream()
                .filter(user -> user.project().equals(project))
                .sorted(java.util.Comparator.comparing(User::name))
                .toList();
    }

    /** Makes a user, or gives the one of that name new keys; the old ones are void at once. */
    public User make(ProjectId project, String name) {
        var user =
                new User(
                        newAccessKey(),
                        newSecret(),
                        project,
                        name,
                        Instant.ofEpochMilli(time.epochMillis()));
        database.write(c -> {
            delete(c, project, name);
            return ObjectIndex.update(
                    c,
                    "insert into credential (access_key, secret_key, project, name, made) values (?, ?, ?, ?, ?)",
                    user.accessKey(),
                    user.secretKey(),
                    project.value(),
                    name,
                    user.made().toEpochMilli());
        });
        forget(project, name);
        byAccessKey.put(user.accessKey(), user);
        return user;
    }

    /** Removes a user; false when there was none of that name. */
    public boolean remove(ProjectId project, String name) {
        boolean was = database.write(c -> delete(c, project, name)) > 0;
        forget(project, name);
        return was;
    }

    /** Forgets the users of all projects but these. */
    public void retain(Collection<ProjectId> projects) {
        byAccessKey.values().removeIf(user -> !projects.contains(user.project()));
    }

    /** Forgets the users of a project that is gone. */
    public void forget(ProjectId project) {
        byAccessKey.values().removeIf(user -> user.project().equals(project));
    }

    private void forget(ProjectId project, String name) {
        byAccessKey
                .values()
                .removeIf(user -> user.project().equals(project) && user.name().equals(name));
    }

    private static int delete(Connection c, ProjectId project, String name) throws SQLException {
        return ObjectIndex.update(
                c, "delete from credential where project = ? and name = ?", project.value(), name);
    }

    private String newAccessKey() {
        var key = new StringBuilder(KEY_PREFIX);
        for (int i = 0; i < KEY_LENGTH; i++) {
            key.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return key.toString();
    }

    private String newSecret() {
        var secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        // 40 characters, as clients expect; none that needs quotes in a shell or in YAML.
        return Base64.getUrlEncoder().withoutPadding().encodeToString(secret).replace('-', 'a');
    }

    private static List<User> all(Connection c) throws SQLException {
        try (PreparedStatement s =
                        c.prepareStatement(
                                "select access_key, secret_key, project, name, made from credential");
                ResultSet found = s.executeQuery()) {
            var users = new ArrayList<User>();
            while (found.next()) {
                users.add(
                        new User(
                                found.getString(1),
                                found.getString(2),
                                new ProjectId(found.getString(3)),
                                found.getString(4),
                                ObjectIndex.instant(found, 5)));
            }
            return users;
        }
    }
}
