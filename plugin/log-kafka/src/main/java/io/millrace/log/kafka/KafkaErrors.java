package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidGroupIdException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Says in our words what Kafka's clients throw. */
final class KafkaErrors {

    private static final int MOST_CAUSES = 10;

    private KafkaErrors() {}

    /**
     * @param what was tried, as the beginning of a sentence: {@code the topic "a" cannot be made}
     */
    static MillraceException translate(String what, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof MillraceException ours) {
            return ours;
        }
        Throwable reason = authentication(cause);
        return new MillraceException(codeOf(reason), what + ": " + textOf(reason), cause);
    }

    /** The refused credentials that some clients wrap in another exception; else the cause. */
    private static Throwable authentication(Throwable cause) {
        Throwable each = cause;
        for (int depth = 0; each != null && depth < MOST_CAUSES; depth++) {
            if (each instanceof AuthenticationException) {
                return each;
            }
            each = each.getCause();
        }
        return cause;
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static ErrorCode codeOf(Throwable cause) {
        return switch (cause) {
            case UnknownTopicOrPartitionException _ -> ErrorCode.NOT_FOUND;
            case InterruptException _, RetriableException _ -> ErrorCode.UNAVAILABLE;
            case RecordTooLargeException _ -> ErrorCode.TOO_LARGE;
            // Of the connection, whatever was asked for: it passes when the secret is mended.
            case AuthenticationException _ -> ErrorCode.UNAVAILABLE;
            case AuthorizationException _ -> ErrorCode.DENIED;
            case InvalidTopicException _,
                    InvalidGroupIdException _,
                    InvalidTimestampException _,
                    InvalidConfigurationException _,
                    PolicyViolationException _ ->
                    ErrorCode.INVALID;
            case GroupNotEmptyException _,
                    FencedInstanceIdException _,
                    ProducerFencedException _,
                    InvalidProducerEpochException _,
                    CommitFailedException _ ->
                    ErrorCode.CONFLICT;
            default -> ErrorCode.UNAVAILABLE;
        };
    }

    private static String textOf(Throwable cause) {
        String message = cause.getMessage();
        return switch (cause) {
            case InterruptException _ -> "interrupted";
            case org.apache.kafka.common.errors.TimeoutException _ ->
                    "Kafka did not answer in time (" + message + "). Is it up and reachable?";
            case FencedInstanceIdException _ -> "another member of the same name has taken over";
            case ProducerFencedException _, InvalidProducerEpochException _ ->
                    "another writer of the same name has taken over, or it took too long";
            case CommitFailedException _ ->
                    "the member was put out of its group; its partitions were handed over";
            case AuthenticationException _ ->
                    "Kafka refused the credentials ("
                            + message
                            + "). Check the user, password or certificate it was given";
            default -> message == null ? cause.getClass().getSimpleName() : message;
        };
    }
}
