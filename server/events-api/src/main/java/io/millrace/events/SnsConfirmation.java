package io.millrace.events;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.codec.objects.KeyCoding;
import io.millrace.codec.objects.Notification.Subscription;
import io.millrace.codec.objects.Notifications;
import io.millrace.codec.objects.SnsMessage;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.Header;
import io.millrace.spi.ObjectEvents;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confirms subscriptions of Amazon's SNS: it fetches the address that SNS has sent, and only when
 * the message is signed with a certificate of SNS and both addresses are those of SNS. Addresses
 * are fetched by what fetches models from the web, which refuses those of private networks.
 */
public final class SnsConfirmation {

    private static final Logger LOG = LoggerFactory.getLogger(SnsConfirmation.class);
    private static final Pattern HOST =
            Pattern.compile("sns\\.[a-z0-9-]{1,40}\\.amazonaws\\.com(\\.cn)?");
    private static final DataSize MOST = new DataSize(64 << 10);
    private static final int HTTPS = 443;

    private final ArtifactSource web;
    private final Path temporary;
    private final TimeSource time;

    /**
     * Makes it; fetches nothing yet.
     *
     * @param web fetches from any public web server with TLS, and from no private address
     * @param temporary an existing folder
     */
    public SnsConfirmation(ArtifactSource web, Path temporary, TimeSource time) {
        this.web = web;
        this.temporary = temporary;
        this.time = time;
    }

    /**
     * Confirms if a request asks for it.
     *
     * @throws MillraceException {@code DENIED} it does not come from SNS; {@code UNAVAILABLE} SNS
     *     cannot be reached
     */
    void confirmIfAsked(ObjectEvents.Request request) {
        String asked = Header.find(request.headers(), "x-amz-sns-message-type");
        if (!"SubscriptionConfirmation".equals(asked)) {
            return;
        }
        if (Notifications.read(request.headers(), request.body(), KeyCoding.AUTO, time.now())
                instanceof Subscription(SnsMessage message)) {
            confirm(message);
        } else {
            throw MillraceException.invalid(
                    "the header says that SNS asks for a confirmation, and the body does not");
        }
    }

    private void confirm(SnsMessage message) {
        URI certificate = ofSns("SigningCertURL", message.signingCertUrl());
        URI subscribe = ofSns("SubscribeURL", message.subscribeUrl());
        verify(message, fetch(certificate));
        fetch(subscribe);
        LOG.info("a subscription of SNS was confirmed");
    }

    private static URI ofSns(String what, String text) {
        try {
            URI address = URI.create(text);
            if ("https".equals(address.getScheme())
                    && address.getRawUserInfo() == null
                    && (address.getPort() < 0 || address.getPort() == HTTPS)
                    && address.getHost() != null
                    && HOST.matcher(address.getHost()).matches()) {
                return address;
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        throw new MillraceException(
                ErrorCode.DENIED,
                "%s has to be an https address of sns.<region>.amazonaws.com; nothing was confirmed"
                        .formatted(what));
    }

    private void verify(SnsMessage message, byte[] pem) {
        String algorithm =
                switch (message.signatureVersion()) {
                    case "1" -> "SHA1withRSA";
                    case "2" -> "SHA256withRSA";
                    default -> throw denied("its SignatureVersion is neither 1 nor 2", null);
                };
        boolean isRight;
        try {
            var certificate =
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificate(new ByteArrayInputStream(pem));
            certificate.checkValidity(java.util.Date.from(time.now()));
            Signature signature = Signature.getInstance(algorithm);
            signature.initVerify(certificate.getPublicKey());
            signature.update(message.signed());
            isRight = signature.verify(Base64.getDecoder().decode(message.signature()));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw denied("its signature or certificate cannot be read", e);
        }
        if (!isRight) {
            throw denied("its signature is not that of its certificate", null);
        }
    }

    private static MillraceException denied(
            String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new MillraceException(
                ErrorCode.DENIED, "the subscription of SNS is not confirmed: " + why, cause);
    }

    private byte[] fetch(URI address) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory(temporary, "sns");
            web.fetch(address, folder, MOST);
            List<Path> files = filesIn(folder);
            return files.isEmpty() ? new byte[0] : Files.readAllBytes(files.getFirst());
        } catch (IOException e) {
            throw MillraceException.internal("what SNS answers cannot be kept on disk", e);
        } finally {
            if (folder != null) {
                remove(folder);
            }
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be removed", folder, e);
        }
    }
}
