package io.millrace.connector.mqtt;

import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Secrets;
import io.millrace.spi.Secrets.Secret;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a broker is and how we prove who we are. Read anew for each connection. */
final class BrokerLogin {
    private static final String USER = "user";
    private static final String PASSWORD = "password";
    private static final String CA = "ca";
    private static final String CERTIFICATE = "certificate";
    private static final String KEY = "key";

    private final BrokerAddress address;
    private final @Nullable String user;
    private final @Nullable String password;
    private final @Nullable TlsMaterial tls;

    private BrokerLogin(
            BrokerAddress address,
            @Nullable String user,
            @Nullable String password,
            @Nullable TlsMaterial tls) {
        this.address = address;
        this.user = user;
        this.password = password;
        this.tls = tls;
    }

    /**
     * Reads the secret that a connection names.
     *
     * @throws MillraceException {@code NOT_FOUND} when there is no such secret, {@code INVALID}
     *     when it does not hold what is needed; never with a value in the text
     */
    static BrokerLogin of(ProjectId project, MqttConnection connection, Secrets secrets) {
        BrokerAddress address = BrokerAddress.parse(connection.url());
        Optional<ResourceName> name = connection.secret();
        if (name.isEmpty()) {
            TlsMaterial tls = address.isTls() ? TlsMaterial.ofJdk() : null;
            return new BrokerLogin(address, null, null, tls);
        }
        Secret secret =
                secrets.find(project, name.get())
                        .orElseThrow(() ->
                                MillraceException.notFound(
                                        "project '%s' has no secret '%s'; millrace secrets set makes it"
                                                .formatted(project, name.get())));
        try {
            return of(address, secret);
        } catch (MillraceException e) {
            throw new MillraceException(e.code(), "secret '" + name.get() + "': " + e.text(), e);
        }
    }

    private static BrokerLogin of(BrokerAddress address, Secret secret) {
        boolean hasUser = secret.value(USER).isPresent();
        boolean hasTls =
                secret.value(CA).isPresent()
                        || secret.value(CERTIFICATE).isPresent()
                        || secret.value(KEY).isPresent();
        if (!hasUser && !hasTls) {
            throw MillraceException.invalid(
                    "it needs 'user' and 'password', or 'ca', 'certificate' and 'key'");
        }
        if (hasTls && !address.isTls()) {
            throw MillraceException.invalid(
                    "it is for TLS, and " + address + " is not encrypted; use mqtts://");
        }
        return new BrokerLogin(
                address,
                secret.value(USER).orElse(null),
                secret.value(PASSWORD).orElse(null),
                address.isTls() ? tls(secret) : null);
    }

    private static TlsMaterial tls(Secret secret) {
        boolean hasKey = secret.value(CERTIFICATE).isPresent() || secret.value(KEY).isPresent();
        return TlsMaterial.of(
                secret.value(CA).orElse(null),
                hasKey ? secret.require(CERTIFICATE) : null,
                hasKey ? secret.require(KEY) : null);
    }

    BrokerAddress address() {
        return address;
    }

    @Nullable String user() {
        return user;
    }

    @Nullable String password() {
        return password;
    }

    /** Null for a connection without TLS. */
    @Nullable TlsMaterial tls() {
        return tls;
    }

    /** Says nothing of what is secret. */
    @Override
    public String toString() {
        return "BrokerLogin[" + address + "]";
    }
}
