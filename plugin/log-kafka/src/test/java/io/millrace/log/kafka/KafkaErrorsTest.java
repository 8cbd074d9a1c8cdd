package io.millrace.log.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

class KafkaErrorsTest {

    @Test
    void refusedCredentialsAreNoFaultOfWhatWasAskedFor() {
        var refused = new SaslAuthenticationException("expired");
        for (Throwable failure :
                new Throwable[] {
                    refused,
                    new ExecutionException(refused),
                    new KafkaException("the sender has ended", refused)
                }) {
            MillraceException translated = KafkaErrors.translate("the topic \"a\"", failure);
            assertThat(translated.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(translated.text()).contains("refused the credentials", "expired");
        }
    }

    @Test
    void aTopicThatMayNotBeWrittenIsDenied() {
        var refused = new TopicAuthorizationException("a");
        assertThat(KafkaErrors.translate("the topic \"a\"", refused).code())
                .isEqualTo(ErrorCode.DENIED);
    }
}
