package io.millrace.objects;

import io.millrace.api.DataSourceSpec.OverHttp;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents.Request;
import io.millrace.spi.Secrets;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What senders prove themselves with. Each proof that the secret holds is enough, since no store
 * can give all of them. Texts are compared in constant time.
 */
final class SenderProof {

    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private final boolean needsCertificate;
    private final Optional<Secrets.Secret> secret;

    private SenderProof(boolean needsCertificate, Optional<Secrets.Secret> secret) {
        this.needsCertificate = needsCertificate;
        this.secret = secret;
    }

    /**
     * Reads what is declared.
     *
     * @throws MillraceException {@code INVALID} when the secret is missing or proves nothing
     */
    static SenderProof of(OverHttp http, io.millrace.api.ProjectId project, Secrets secrets) {
        if (http.secret().isEmpty()) {
            return new SenderProof(http.needsCertificate(), Optional.empty());
        }
        Secrets.Secret secret =
                secrets.find(project, http.secret().get())
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "there is no secret %s in project %s, by which senders of events prove themselves"
                                                .formatted(http.secret().get(), project)));
        boolean proves =
                secret.value("token").isPresent()
                        || (secret.value("user").isPresent()
                                && secret.value("password").isPresent())
                        || secret.value("path").isPresent()
                        || secret.value("opaqueData").isPresent();
        if (!proves) {
            throw MillraceException.invalid(
                    "the secret %s needs token, user with password, path or opaqueData: something that senders prove themselves with"
                            .formatted(http.secret().get()));
        }
        return new SenderProof(http.needsCertificate(), Optional.of(secret));
    }

    /** Whether anybody is believed. */
    boolean isOpen() {
        return secret.isEmpty() && !needsCertificate;
    }

    /**
     * Whether the request itself proves enough; otherwise {@link #isProven} has to hold for each of
     * its events.
     *
     * @throws MillraceException {@code DENIED}
     */
    boolean check(Request request) {
        if (needsCertificate && !request.isCertified()) {
            throw denied("a client certificate that this server trusts is required");
        }
        if (secret.isEmpty() || isProven(request)) {
            return true;
        }
        if (secret.get().value("opaqueData").isEmpty()) {
            throw denied("the sender does not prove who it is");
        }
        return false;
    }

    private static MillraceException denied(String why) {
        return new MillraceException(ErrorCode.DENIED, why);
    }

    @SuppressWarnings("ShortCircuitBoolean") // takes as long whatever is right
    private boolean isProven(Request request) {
        Secrets.Secret known = secret.orElseThrow();
        String authorization = Header.find(request.headers(), "authorization");
        boolean byToken =
                isEqual(known.value("token").orElse(null), authorization, "")
                        | isEqual(known.value("token").orElse(null), authorization, BEARER);
        boolean byPassword =
                isEqual(
                        known.value("user")
                                .flatMap(user ->
                                        known.value("password").map(word -> user + ":" + word))
                                .map(SenderProof::encoded)
                                .orElse(null),
                        authorization,
                        BASIC);
        boolean byPath = isEqual(known.value("path").orElse(null), request.secretPath(), "");
        return byToken | byPassword | byPath;
    }

    private static String encoded(String credentials) {
        return Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether an event proves by its opaque data that we have set up its notification. */
    boolean isProven(ObjectEvent event) {
        return isEqual(
                secret.flatMap(s -> s.value("opaqueData")).orElse(null),
                event.opaqueData().orElse(null),
                "");
    }

    private static boolean isEqual(
            @Nullable String expected, @Nullable String given, String before) {
        return expected != null
                && !expected.isEmpty()
                && given != null
                && MessageDigest.isEqual(hash(before + expected), hash(given));
    }

    /** Of equal length for all, so that a comparison says nothing about that either. */
    private static byte[] hash(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JDK has no SHA-256", e);
        }
    }
}
