package io.millrace.connector.mqtt;

import com.hivemq.client.mqtt.exceptions.ConnectionClosedException;
import com.hivemq.client.mqtt.exceptions.MqttDecodeException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What the client library reports, in words for the person who declared the connection: {@code
 * DENIED} for credentials, {@code CONFLICT} for a client id that somebody else uses, {@code
 * UNSUPPORTED} for a version of MQTT, {@code OVERLOADED} for a broker that exceeds the receive
 * maximum, {@code UNAVAILABLE} for the rest. What we sent is in none of them.
 */
final class BrokerFailure {
    private BrokerFailure() {}

    /** A connection that was never made. */
    static MillraceException ofConnect(Throwable failure, BrokerLogin login, SessionSpec spec) {
        Throwable cause = unwrapped(failure);
        return switch (cause) {
            case MillraceException known -> known;
            case Mqtt5ConnAckException refused ->
                    ofCode(refused.getMqttMessage().getReasonCode(), login, spec, refused);
            case Mqtt3ConnAckException refused ->
                    ofCode(refused.getMqttMessage().getReturnCode(), login, spec, refused);
            case MqttDecodeException e ->
                    new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "%s answers in another protocol".formatted(login.address()),
                            e);
            case ConnectionClosedException e ->
                    new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "%s closed the connection before it answered"
                                    .formatted(login.address()),
                            e);
            default -> away(cause, login);
        };
    }

    private static MillraceException away(Throwable cause, BrokerLogin login) {
        SSLException tls = find(cause, SSLException.class);
        if (tls != null) {
            return new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "no TLS connection to %s: %s; is its authority in 'ca' of the secret, and does its certificate name that host?"
                            .formatted(login.address(), root(tls)),
                    cause);
        }
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "%s cannot be reached: %s".formatted(login.address(), root(cause)),
                cause);
    }

    private static MillraceException ofCode(
            Mqtt5ConnAckReasonCode code, BrokerLogin login, SessionSpec spec, Throwable cause) {
        return switch (code) {
            case UNSUPPORTED_PROTOCOL_VERSION -> unsupported(login, cause);
            case BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED, BANNED, BAD_AUTHENTICATION_METHOD ->
                    denied(code.toString(), login, cause);
            case CLIENT_IDENTIFIER_NOT_VALID -> badId(login, spec, cause);
            // Enough for the rest: the broker's own word says what it is.
            default -> refused(code.toString(), login, cause);
        };
    }

    private static MillraceException ofCode(
            Mqtt3ConnAckReturnCode code, BrokerLogin login, SessionSpec spec, Throwable cause) {
        return switch (code) {
            case UNSUPPORTED_PROTOCOL_VERSION -> unsupported(login, cause);
            case BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED -> denied(code.toString(), login, cause);
            case IDENTIFIER_REJECTED -> badId(login, spec, cause);
            case SERVER_UNAVAILABLE, SUCCESS -> refused(code.toString(), login, cause);
        };
    }

    private static MillraceException unsupported(BrokerLogin login, Throwable cause) {
        return new MillraceException(
                ErrorCode.UNSUPPORTED, login.address() + " does not speak this version", cause);
    }

    private static MillraceException denied(String code, BrokerLogin login, Throwable cause) {
        String who =
                login.user() != null
                        ? "the user or password of the secret"
                        : login.tls() != null
                                ? "the certificate, or that no user is named"
                                : "that no user is named; give the connection a secret";
        return new MillraceException(
                ErrorCode.DENIED,
                "%s refuses %s (%s)".formatted(login.address(), who, code),
                cause);
    }

    private static MillraceException badId(BrokerLogin login, SessionSpec spec, Throwable cause) {
        return new MillraceException(
                ErrorCode.DENIED,
                "%s refuses the client id '%s'; set clientId to one that it allows"
                        .formatted(login.address(), spec.clientId()),
                cause);
    }

    private static MillraceException refused(String code, BrokerLogin login, Throwable cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "%s refuses the connection (%s)".formatted(login.address(), code),
                cause);
    }

    /** A connection that has ended. */
    static MillraceException ofLoss(Throwable failure, BrokerLogin login, SessionSpec spec) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof MillraceException known) {
            return known;
        }
        if (cause instanceof Mqtt5DisconnectException e) {
            return ofDisconnect(e.getMqttMessage().getReasonCode(), login, spec, e);
        }
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the connection to %s is lost: %s".formatted(login.address(), root(cause)),
                cause);
    }

    private static MillraceException ofDisconnect(
            Mqtt5DisconnectReasonCode code, BrokerLogin login, SessionSpec spec, Throwable cause) {
        return switch (code) {
            case SESSION_TAKEN_OVER ->
                    new MillraceException(
                            ErrorCode.CONFLICT,
                            "another client took over the client id '%s' at %s; each client needs its own, so set clientId"
                                    .formatted(spec.clientId(), login.address()),
                            cause);
            case RECEIVE_MAXIMUM_EXCEEDED ->
                    new MillraceException(
                            ErrorCode.OVERLOADED,
                            "%s sends more at a time than it was asked to"
                                    .formatted(login.address()),
                            cause);
            // Enough for the rest: the broker's own word says what it is.
            default ->
                    new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "%s ended the connection (%s)".formatted(login.address(), code),
                            cause);
        };
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** The innermost words: the outer ones only say that something went wrong. */
    private static String root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }

    private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
