package io.millrace.embedded.mqtt;

import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicFilter;
import io.millrace.spi.Secrets;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks names and passwords of the users that data sources have. Blocks on their store. */
final class Logins {

    private static final Logger log = LoggerFactory.getLogger(Logins.class);

    private static final int MAX_NAME = 128;

    private final AtomicReference<RouteTable> routes;
    private final Secrets secrets;

    Logins(AtomicReference<RouteTable> routes, Secrets secrets) {
        this.routes = routes;
        this.secrets = secrets;
    }

    /**
     * Whom a name and a password stand for; empty when they are wrong, which of the two is not
     * told.
     *
     * @param standard the project of a name without one
     * @throws MillraceException when the secrets cannot be read
     */
    Optional<Who> check(ProjectId standard, @Nullable String userName, byte @Nullable [] password) {
        if (userName == null || password == null) {
            return Optional.empty();
        }
        String user = userName.substring(userName.indexOf('/') + 1);
        Optional<ProjectId> project = projectOf(standard, userName);
        return project.isEmpty() || !isName(user)
                ? Optional.empty()
                : find(project.get(), user, digest(password));
    }

    /** The project that a name is of; empty when it names one that cannot be. */
    static Optional<ProjectId> projectOf(ProjectId standard, @Nullable String userName) {
        int slash = userName == null ? -1 : userName.indexOf('/');
        return userName == null || slash < 0
                ? Optional.of(standard)
                : project(userName.substring(0, slash));
    }

    private Optional<Who> find(ProjectId project, String user, byte[] password) {
        var publish = new ArrayList<String>();
        var read = new ArrayList<String>();
        boolean isKnown = false;
        for (MqttUsers users : routes.get().of(project).users()) {
            // All are looked at, also after one fits: the time tells nothing.
            if (hasPassword(project, users.secret(), user, password)) {
                isKnown = true;
                publish.addAll(filled(users.publish(), user));
                read.addAll(filled(users.subscribe(), user));
            }
        }
        return isKnown
                ? Optional.of(
                        new Who(project, Who.Kind.USER, user, new Access.OfUser(publish, read)))
                : Optional.empty();
    }

    private boolean hasPassword(
            ProjectId project, ResourceName secret, String user, byte[] password) {
        Optional<Secrets.Secret> passwords = secrets.find(project, secret);
        if (passwords.isEmpty()) {
            log.warn("project {} lacks the secret '{}' with its MQTT users", project, secret);
        }
        Optional<String> wanted = passwords.flatMap(values -> values.value(user));
        byte[] digest = digest(wanted.orElse("").getBytes(StandardCharsets.UTF_8));
        boolean isEqual = MessageDigest.isEqual(digest, password);
        return isEqual && wanted.isPresent() && !wanted.get().isEmpty();
    }

    private static List<String> filled(List<String> patterns, String user) {
        return patterns.stream().map(pattern -> pattern.replace(MqttUsers.USER, user)).toList();
    }

    /** It becomes a level of topics and must not stand for anything else there. */
    private static boolean isName(String user) {
        return !user.isEmpty()
                && user.length() <= MAX_NAME
                && !user.startsWith("$")
                && user.indexOf('/') < 0
                && user.indexOf('\0') < 0
                && !TopicFilter.hasWildcard(user);
    }

    private static Optional<ProjectId> project(String name) {
        try {
            return Optional.of(new ProjectId(name));
        } catch (MillraceException e) {
            return Optional.empty();
        }
    }

    /** So that all have one length, and the comparison takes one time. */
    private static byte[] digest(byte[] text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
