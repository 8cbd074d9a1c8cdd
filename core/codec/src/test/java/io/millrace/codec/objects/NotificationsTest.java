package io.millrace.codec.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.millrace.codec.objects.Notification.Events;
import io.millrace.codec.objects.Notification.Nothing;
import io.millrace.codec.objects.Notification.Subscription;
import io.millrace.codec.objects.Notification.TestMessage;
import io.millrace.codec.objects.Notification.Unreadable;
import io.millrace.spi.Header;
import io.millrace.spi.ObjectEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationsTest {

    private static final Instant RECEIVED = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void readsAmazon() {
        ObjectEvent event = only(Samples.AWS);
        assertThat(event.source()).isEqualTo("aws:s3");
        assertThat(event.bucket()).isEqualTo("mnist");
        assertThat(event.key()).isEqualTo("a b+c.png");
        assertThat(event.rawKey()).isEqualTo("a+b%2Bc.png");
        assertThat(event.event()).isEqualTo("ObjectCreated:Put");
        assertThat(event.isCreated()).isTrue();
        assertThat(event.size()).hasValue(324);
        assertThat(event.etag()).hasValue("ebed");
        assertThat(event.versionId()).hasValue("v1");
        assertThat(event.sequencer()).hasValue("0055AED6DCD90281E5");
        assertThat(event.eventId()).isEmpty();
        assertThat(event.time()).isEqualTo("2024-05-01T12:00:00.123Z");
    }

    @Test
    void readsBothGenerationsOfMinio() {
        ObjectEvent event = only(Samples.MINIO);
        assertThat(event.key()).isEqualTo("in/0 a.png");
        assertThat(event.event()).isEqualTo("ObjectCreated:Put");
        assertThat(event.metadata()).containsExactly(entry("kind", "digit"));
        ObjectEvent old = only(Samples.OLD_MINIO);
        assertThat(old.event()).isEqualTo("ObjectCreated:Put");
        assertThat(old.time()).isEqualTo("2019-05-01T12:00:00Z");
    }

    @Test
    void readsBothGenerationsOfCephAndNeverDecodesItsKeys() {
        ObjectEvent old = only(Samples.OLD_CEPH);
        assertThat(old.key()).isEqualTo("my photo+1%20.jpeg");
        assertThat(old.event()).isEqualTo("ObjectCreated:Put");
        assertThat(old.time()).isEqualTo("2021-02-19T02:03:08.330496Z");
        assertThat(old.etag()).hasValue("819c");
        assertThat(old.versionId()).isEmpty();
        assertThat(old.metadata()).containsExactly(entry("kind", "photo"));
        assertThat(old.tags()).containsExactly(entry("env", "prod"));
        assertThat(old.eventId()).hasValue("1613700188.340170.819c");
        assertThat(old.opaqueData()).hasValue("secret-1");
        ObjectEvent current = only(Samples.CEPH);
        assertThat(current.key()).isEqualTo("a+b.jpg");
        assertThat(current.size()).hasValue(17);
        assertThat(current.eventId()).hasValue("r1");
        assertThat(current.isCreated()).isTrue();
    }

    @Test
    void readsEventBridge() {
        ObjectEvent event = only(Samples.BRIDGE);
        assertThat(event.source()).isEqualTo("aws:s3");
        assertThat(event.event()).isEqualTo("ObjectCreated:CompleteMultipartUpload");
        assertThat(event.key()).isEqualTo("a b.jpg");
        assertThat(event.versionId()).hasValue("IYV3");
        assertThat(event.time()).isEqualTo("2021-11-12T00:00:00Z");
        assertThat(only(Samples.BRIDGE, KeyCoding.RAW).key()).isEqualTo("a+b.jpg");
    }

    @Test
    void readsSnsAndSingleRecordsAndListsOfThem() {
        String sns =
                "{\"Type\":\"Notification\",\"TopicArn\":\"arn:aws:sns:r:1:t\",\"MessageId\":\"m\","
                        + "\"Message\":"
                        + Samples.quoted(Samples.AWS)
                        + "}";
        assertThat(only(sns)).isEqualTo(only(Samples.AWS));
        String single = Samples.AWS.strip().replaceFirst("^\\{\"Records\":\\[", "");
        single = single.substring(0, single.length() - 2);
        assertThat(only(single)).isEqualTo(only(Samples.AWS));
        assertThat(only("[" + single + "]")).isEqualTo(only(Samples.AWS));
        assertThat(only(Samples.quoted(Samples.AWS))).isEqualTo(only(Samples.AWS));
    }

    @Test
    void knowsTheTestMessageBareAndWithinSns() {
        assertThat(read(Samples.TEST)).isEqualTo(new TestMessage("b"));
        assertThat(
                        read(
                                "{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":"
                                        + Samples.quoted(Samples.TEST)
                                        + "}"))
                .isEqualTo(new TestMessage("b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \r\n\t", "{}", "[]", "null", "{\"Records\":[]}"})
    void nothingIsNothing(String text) {
        assertThat(read(text)).isInstanceOf(Nothing.class);
    }

    @Test
    void asksForTheConfirmationOfASubscription() {
        var confirmation =
                (Subscription)
                        read(
                                """
                                {"Type":"SubscriptionConfirmation","MessageId":"m","Token":"tok",
                                 "TopicArn":"arn:aws:sns:us-west-2:1:T","Message":"You have chosen",
                                 "SubscribeURL":"https://sns.us-west-2.amazonaws.com/?Action=Confirm",
                                 "Timestamp":"2012-04-26T20:45:04.751Z","SignatureVersion":"1",
                                 "Signature":"EXAMPLE","SigningCertURL":"https://sns.us-west-2.amazonaws.com/c.pem"}
                                """);
        assertThat(new String(confirmation.message().signed(), StandardCharsets.UTF_8))
                .isEqualTo(
                        """
                        Message
                        You have chosen
                        MessageId
                        m
                        SubscribeURL
                        https://sns.us-west-2.amazonaws.com/?Action=Confirm
                        Timestamp
                        2012-04-26T20:45:04.751Z
                        Token
                        tok
                        TopicArn
                        arn:aws:sns:us-west-2:1:T
                        Type
                        SubscriptionConfirmation
                        """);
    }

    @ParameterizedTest
    @CsvSource({
        "aws:s3,AUTO,a+b,a b",
        "minio:s3,AUTO,x%2Fy%2bz,x/y+z",
        "ceph:s3,AUTO,a%20b+c,a%20b+c",
        "ceph:s3,ENCODED,a%20b+c,a b c",
        "other,AUTO,%F0%9F%90%8E.png,🐎.png",
        "aws:s3,RAW,100%,100%",
        "aws:s3,AUTO,../..%2Fetc%2f%2E%2E,../../etc/..",
    })
    void decodesKeysByWhoSendsThem(String source, KeyCoding coding, String raw, String key) {
        ObjectEvent event = only(record(source, raw), coding);
        assertThat(event.key()).isEqualTo(key);
        assertThat(event.rawKey()).isEqualTo(raw);
    }

    @Test
    void theEnvelopeOfMinioDecidesHowTheKeyIsWritten() {
        String raw = Samples.MINIO.replace("in%2F0+a.png", "in/0 a.png");
        assertThat(only(raw).key()).isEqualTo("in/0 a.png");
        String plus =
                Samples.MINIO
                        .replace("in%2F0+a.png", "a+b")
                        .replace("mnist/in/0 a.png", "mnist/a+b");
        assertThat(only(plus).key()).isEqualTo("a+b");
        String other = Samples.MINIO.replace("in%2F0+a.png", "other.png");
        assertThat(flaw(other)).contains("other.png").contains("mnist/in/0 a.png");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%2", "%zz", "%ff%fe", "%00", "a%C3"})
    void aKeyThatIsNotWrittenAsSaidIsAFlaw(String key) {
        assertThat(flaw(record("aws:s3", key))).contains("key");
    }

    @Test
    void aKeyThatNoStoreCanHaveIsAFlaw() {
        assertThat(flaw(record("ceph:s3", "k".repeat(1025)))).contains("1024 bytes");
        assertThat(only(record("ceph:s3", "ü".repeat(512))).key()).hasSize(512);
        assertThat(flaw(record("ceph:s3", "\\ud83d"))).contains("UTF-8");
        assertThat(flaw(record("ceph:s3", ""))).contains("no s3.object.key");
        assertThat(flaw(record("ceph:s3", "\\u0000"))).contains("NUL");
        assertThat(flaw(record("ceph:s3", "k").replace("\"name\":\"b\"", "\"name\":\"a/b\"")))
                .contains("bucket");
    }

    @Test
    void aFlawKeepsNothingFromTheOthersAndShowsNoControlCharacters() {
        String two =
                "{\"Records\":["
                        + record("ceph:s3", "good")
                        + ",7,"
                        + record("aws:s3", "bad%0\\n\\u202e\\u001b[31m")
                        + "]}";
        var events = (Events) read(two);
        assertThat(events.found())
                .singleElement()
                .extracting(f -> f.event().key())
                .isEqualTo("good");
        assertThat(events.flaws()).hasSize(2);
        assertThat(events.flaws().get(1).reason()).doesNotContainPattern("[\\p{Cntrl}\\u202e]");
    }

    @Test
    void theOriginalStaysWithoutWhatMayBeASecret() {
        var found = ((Events) read(Samples.OLD_CEPH)).found().getFirst();
        assertThat(found.original()).contains("my photo+1%20.jpeg").doesNotContain("secret-1");
        String large = record("ceph:s3", "k").replace("\"x\"", "\"" + "x".repeat(20_000) + "\"");
        assertThat(((Events) read(large)).found().getFirst().original()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2024-05-01T12:00:00Z,2024-05-01T12:00:00Z",
        "2024-05-01 12:00:00.000001Z,2024-05-01T12:00:00.000001Z",
        "2024-05-01T12:00:00.123456789+02:00,2024-05-01T10:00:00.123456789Z",
        "2024-05-01 12:00:00,2024-05-01T12:00:00Z",
        "yesterday,2026-01-01T00:00:00Z",
        "'',2026-01-01T00:00:00Z",
    })
    void readsTimesInEveryForm(String written, Instant time) {
        assertThat(only(record("ceph:s3", "k").replace("NOW", written)).time()).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not json",
                "{\"Records\":[{}",
                "17",
                "{\"hello\":1}",
                "{\"Records\":{}}",
                "{\"a\":1}{\"b\":2}",
                "<xml/>",
            })
    void whatIsNoNotificationIsUnreadable(String text) {
        assertThat(read(text)).isInstanceOf(Unreadable.class);
    }

    @Test
    void hugeDeepAndManyAreUnreadable() {
        assertThat(read("[".repeat(100_000))).isInstanceOf(Unreadable.class);
        assertThat(read("{\"a\":".repeat(100_000))).isInstanceOf(Unreadable.class);
        assertThat(read("\"" + "x".repeat(Notifications.MOST_BYTES) + "\""))
                .isInstanceOf(Unreadable.class);
        assertThat(read("[" + "{},".repeat(20_000) + "{}]"))
                .isEqualTo(new Unreadable("20001 records, allowed are 10000"));
        String nested = Samples.AWS;
        for (int i = 0; i < 6; i++) {
            nested = Samples.quoted(nested);
        }
        assertThat(read(nested)).isInstanceOf(Unreadable.class);
        assertThat(read("9".repeat(5_000))).isInstanceOf(Unreadable.class);
    }

    @Test
    void readsEveryModeOfCloudEvents() {
        var binary =
                List.of(
                        Header.of("ce-specversion", "1.0"),
                        Header.of("ce-type", "com.amazonaws.ObjectCreated:Put"));
        assertThat(only(binary, Samples.CEPH)).isEqualTo(only(Samples.CEPH));
        String event =
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":"
                        + Samples.MINIO
                        + "}";
        var structured =
                List.of(Header.of("Content-Type", "application/cloudevents+json; charset=utf-8"));
        assertThat(only(structured, event)).isEqualTo(only(Samples.MINIO));
        assertThat(only(event)).isEqualTo(only(Samples.MINIO));
        var batched = List.of(Header.of("content-type", "application/cloudevents-batch+json"));
        String batch =
                "["
                        + event
                        + ","
                        + event.replace(Samples.MINIO, Samples.TEST)
                        + ","
                        + event.replace(Samples.MINIO, Samples.CEPH)
                        + ","
                        + event.replace(Samples.MINIO, "17")
                        + "]";
        for (Notification read : List.of(read(batched, batch), read(List.of(), batch))) {
            var events = (Events) read;
            assertThat(events.found())
                    .extracting(Notification.Found::event)
                    .containsExactly(only(Samples.MINIO), only(Samples.CEPH));
            assertThat(events.flaws()).hasSize(1);
        }
        assertThat(read(batched, "[]")).isInstanceOf(Nothing.class);
        assertThat(read(structured, "{}")).isInstanceOf(Unreadable.class);
    }

    private static String record(String source, String key) {
        return """
        {"eventSource":"%s","eventTime":"NOW","eventName":"ObjectCreated:Put","extra":"x",
         "s3":{"bucket":{"name":"b"},"object":{"key":"%s"}}}
        """
                .formatted(source, key);
    }

    private static Notification read(String text) {
        return read(List.of(), text);
    }

    private static Notification read(List<Header> headers, String text) {
        return Notifications.read(
                headers, text.getBytes(StandardCharsets.UTF_8), KeyCoding.AUTO, RECEIVED);
    }

    private static ObjectEvent only(String text) {
        return only(List.of(), text);
    }

    private static ObjectEvent only(List<Header> headers, String text) {
        return only(read(headers, text));
    }

    private static ObjectEvent only(String text, KeyCoding coding) {
        return only(
                Notifications.read(
                        List.of(), text.getBytes(StandardCharsets.UTF_8), coding, RECEIVED));
    }

    private static ObjectEvent only(Notification read) {
        assertThat(read).isInstanceOf(Events.class);
        var events = (Events) read;
        assertThat(events.flaws()).isEmpty();
        assertThat(events.found()).hasSize(1);
        return events.found().getFirst().event();
    }

    private static String flaw(String text) {
        Notification read = read(text);
        if (read instanceof Unreadable bad) {
            return bad.reason(); // a single record
        }
        assertThat(((Events) read).found()).isEmpty();
        return ((Events) read).flaws().getFirst().reason();
    }
}
