package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CallerCheckTest {

    private final CallerCheck onLoopback =
            new CallerCheck(new ServerConfig.Endpoint("127.0.0.1", 8080));
    private final CallerCheck onNetwork =
            new CallerCheck(new ServerConfig.Endpoint("0.0.0.0", 8080));

    @Test
    void programsAreServed() {
        assertThat(onLoopback.isAllowed("localhost:8080", "")).isTrue();
        assertThat(onLoopback.isAllowed("127.0.0.1:8080", "")).isTrue();
        assertThat(onLoopback.isAllowed("[::1]:8080", "")).isTrue();
        assertThat(onLoopback.isAllowed("", "")).isTrue();
        assertThat(onNetwork.isAllowed("millrace.example:8080", "")).isTrue();
    }

    @Test
    void pagesOfOtherSitesAreRefused() {
        assertThat(onLoopback.isAllowed("localhost:8080", "https://evil.example")).isFalse();
        assertThat(onLoopback.isAllowed("localhost:8080", "null")).isFalse();
        assertThat(onLoopback.isAllowed("localhost:8080", "http://localhost:3000")).isFalse();
        assertThat(onNetwork.isAllowed("millrace.example", "https://evil.example")).isFalse();
    }

    @Test
    void aNameThatWasMadeToPointHereIsRefused() {
        assertThat(onLoopback.isAllowed("evil.example:8080", "")).isFalse();
        assertThat(onLoopback.isAllowed("evil.example", "http://evil.example")).isFalse();
    }

    @Test
    void theServersOwnPagesAreServed() {
        assertThat(onLoopback.isAllowed("localhost:8080", "http://localhost:8080")).isTrue();
    }
}
