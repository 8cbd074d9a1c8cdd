package io.millrace.connector.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectNotifications.Rule;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NotificationXmlTest {

    private static final String OURS = "millrace-shop-uploads-";
    private static final String TOPIC = "arn:aws:sns:default::imgs";
    private static final List<Rule> RULES =
            List.of(new Rule(OURS + "png", "mnist", List.of("ObjectCreated:*"), "in/", ".png"));

    /** With what only Ceph knows. */
    private static final String OF_OTHERS =
            """
            <NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
            <TopicConfiguration><Id>n1</Id><Topic>arn:aws:sns:default::theirs</Topic>\
            <Event>s3:ObjectCreated:*</Event><Filter><S3Metadata><FilterRule>\
            <Name>x-amz-meta-kind</Name><Value>photo</Value></FilterRule></S3Metadata></Filter>\
            </TopicConfiguration></NotificationConfiguration>\
            """;

    @Test
    void whatOthersHaveSetUpStays() {
        NotificationXml xml = read(OF_OTHERS);
        assertThat(xml.holds(OURS, RULES, TOPIC)).isFalse();
        xml.replace(OURS, RULES, TOPIC);
        String written = new String(xml.write(), StandardCharsets.UTF_8);
        assertThat(written)
                .contains("<S3Metadata>", "arn:aws:sns:default::theirs", "<Topic>" + TOPIC)
                .contains("<Name>suffix</Name><Value>.png</Value>");

        NotificationXml again = read(written);
        assertThat(again.ids(OURS)).containsExactly(OURS + "png");
        assertThat(again.holds(OURS, RULES, TOPIC)).isTrue();
        assertThat(again.holds(OURS, RULES, "arn:aws:sns:default::other")).isFalse();
        again.replace(OURS, List.of(), "");
        assertThat(again.ids(OURS)).isEmpty();
        assertThat(new String(again.write(), StandardCharsets.UTF_8)).contains("<S3Metadata>");
    }

    @Test
    void aChangeByHandIsNoticed() {
        NotificationXml xml = read("");
        xml.replace(OURS, RULES, TOPIC);
        String changed =
                new String(xml.write(), StandardCharsets.UTF_8).replace(">.png<", ">.jpg<");
        assertThat(read(changed).holds(OURS, RULES, TOPIC)).isFalse();
        assertThat(read("").holds(OURS, RULES, TOPIC)).isFalse();
        assertThat(read("").holds(OURS, List.of(), TOPIC)).isTrue();
    }

    @Test
    void queuesAreTargetsToo() {
        NotificationXml xml = read("");
        xml.replace(OURS, RULES, "arn:minio:sqs::1:kafka");
        assertThat(new String(xml.write(), StandardCharsets.UTF_8))
                .contains("<QueueConfiguration>", "<Queue>arn:minio:sqs::1:kafka</Queue>");
    }

    @Test
    void hostileAnswersAreRefused() {
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() ->
                        read("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"));
        assertThatExceptionOfType(MillraceException.class).isThrownBy(() -> read("<html>"));
    }

    private static NotificationXml read(String xml) {
        return NotificationXml.read(xml.getBytes(StandardCharsets.UTF_8));
    }
}
