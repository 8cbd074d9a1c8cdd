package io.millrace.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DataSize;
import io.millrace.api.TimeSource;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.Header;
import io.millrace.spi.ObjectEvents;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EventsListenerTest {

    private final FakeObjectEvents events = new FakeObjectEvents();
    private final RecordingMeters meters = new RecordingMeters();
    private final List<URI> fetched = new CopyOnWriteArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
    private @TempDir Path folder = Path.of(".");
    private EventsListener listener = listener(folder);

    private EventsListener listener(Path temporary) {
        var sns = new SnsConfirmation(new RecordingWeb(), temporary, TimeSource.system());
        var receiver = new EventReceiver(events, sns, meters, TimeSource.system());
        return new EventsListener(
                new EventsConfig("127.0.0.1", 0, Optional.empty()),
                receiver,
                (chain, _, _) -> chain.proceed());
    }

    /** Notes what would be fetched. */
    private final class RecordingWeb implements ArtifactSource {
        @Override
        public Set<String> schemes() {
            return Set.of("https");
        }

        @Override
        public void check(URI address) {}

        @Override
        public void fetch(URI address, Path target, DataSize limit) {
            fetched.add(address);
        }
    }

    @BeforeEach
    void start() {
        listener = listener(folder);
        listener.start();
    }

    @AfterEach
    void stop() {
        listener.close();
        client.close();
    }

    @ParameterizedTest
    @CsvSource({"/,''", "/s3cr3t,s3cr3t", "/projects/p/sources/s,''", "/projects/p/sources/s/x,x"})
    void takesEventsAtAnyPath(String path, String secret) throws Exception {
        HttpResponse<String> answer = post(path, "{\"Records\":[]}", "X-Some", "Thing");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("\"stored\":1");
        ObjectEvents.Request request = events.requests().getFirst();
        assertThat(request.secretPath()).isEqualTo(secret);
        assertThat(request.sender()).isEqualTo("127.0.0.1");
        assertThat(request.isCertified()).isFalse();
        assertThat(request.body()).asString().isEqualTo("{\"Records\":[]}");
        assertThat(Header.find(request.headers(), "x-some")).isEqualTo("Thing");
        assertThat(meters.total("millrace_events_requests_total")).isEqualTo(1);
    }

    @Test
    void takesAnEmptyBody() throws Exception {
        assertThat(post("/", "").statusCode()).isEqualTo(200);
        assertThat(events.requests().getFirst().body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
    void answersProbesEverywhereWithoutSayingWhatIsThere(String method) throws Exception {
        for (String path : List.of("/", "/projects/p/sources/not-found")) {
            var request = HttpRequest.newBuilder(at(path)).method(method, BodyPublishers.noBody());
            assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
        assertThat(events.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "invalid,400",
        "conflict,400",
        "not-found,404",
        "denied,401",
        "too-large,413",
        "unsupported,415",
        "overloaded,503",
        "unavailable,503",
        "timeout,503",
        "internal,503",
        "defect,503",
    })
    void onlyWhatMayBeRightLaterIsAnsweredWith503(String source, int status) throws Exception {
        HttpResponse<String> answer = post("/projects/p/sources/" + source, "{}");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("retry-after").isPresent()).isEqualTo(status == 503);
        assertThat(answer.headers().firstValue("www-authenticate").isPresent())
                .isEqualTo(status == 401);
        assertThat(answer.body()).contains("\"error\"").doesNotContain("oops");
    }

    @Test
    void whoShowedSomethingWrongIsForbidden() throws Exception {
        assertThat(
                        post("/projects/p/sources/denied", "{}", "Authorization", "Bearer x")
                                .statusCode())
                .isEqualTo(403);
    }

    @Test
    void refusesWhatIsNotHereTooLargeOrPacked() throws Exception {
        assertThat(post("/nowhere", "{}").statusCode()).isEqualTo(404);
        assertThat(post("/projects/P!/sources/s", "{}").statusCode()).isEqualTo(404);
        assertThat(post("/", "x".repeat(EventBody.MOST_BYTES + 1)).statusCode()).isEqualTo(413);
        assertThat(post("/", "x".repeat(EventBody.MOST_BYTES)).statusCode()).isEqualTo(200);
        assertThat(post("/", "x", "Content-Encoding", "br").statusCode()).isIn(400, 415);
        var put = HttpRequest.newBuilder(at("/")).PUT(BodyPublishers.ofString("x")).build();
        assertThat(client.send(put, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    }

    @Test
    void sendersOfCloudEventsGetNoBodyThatABrokerTakesForAnEvent() throws Exception {
        HttpResponse<String> answer = post("/", "{}", "ce-specversion", "1.0");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "http://sns.us-west-2.amazonaws.com/c.pem",
        "https://sns.us-west-2.amazonaws.com.evil.example/c.pem",
        "https://evil.example/c.pem",
        "https://u@sns.us-west-2.amazonaws.com/c.pem",
        "https://sns.us-west-2.amazonaws.com:8443/c.pem",
        "https://127.0.0.1/c.pem",
        "''",
    })
    void fetchesNothingForAForgedConfirmation(String address) throws Exception {
        HttpResponse<String> answer =
                post(
                        "/",
                        confirmation(address),
                        "x-amz-sns-message-type",
                        "SubscriptionConfirmation");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("SigningCertURL");
        assertThat(fetched).isEmpty();
    }

    @Test
    void neverVisitsTheAddressWhenTheCertificateIsNone() throws Exception {
        String address = "https://sns.us-west-2.amazonaws.com/c.pem";
        HttpResponse<String> answer =
                post(
                        "/",
                        confirmation(address),
                        "x-amz-sns-message-type",
                        "SubscriptionConfirmation");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(fetched).containsExactly(URI.create(address));
    }

    private static String confirmation(String certificate) {
        return """
        {"Type":"SubscriptionConfirmation","MessageId":"m","Token":"t","TopicArn":"arn:x",
         "Message":"m","SubscribeURL":"https://sns.us-west-2.amazonaws.com/?Action=C",
         "Timestamp":"2012-04-26T20:45:04.751Z","SignatureVersion":"2","Signature":"AA==",
         "SigningCertURL":"%s"}
        """
                .formatted(certificate);
    }

    private HttpResponse<String> post(String path, String body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(at(path)).POST(BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private URI at(String path) {
        return URI.create("http://127.0.0.1:" + listener.port() + path);
    }
}
