package io.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LifecycleTest {

    private final List<String> closed = new ArrayList<>();

    @Test
    void stopsInReverseOrderAndOnlyOnce() {
        var lifecycle = new Lifecycle();
        lifecycle.add("first", () -> closed.add("first"));
        lifecycle.add("second", () -> closed.add("second"));

        lifecycle.close();
        lifecycle.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void aPartThatFailsToStopDoesNotKeepTheOthers() {
        var lifecycle = new Lifecycle();
        lifecycle.add("first", () -> closed.add("first"));
        lifecycle.add(
                "second",
                () -> {
                    throw new IllegalStateException("stuck");
                });

        lifecycle.close();

        assertThat(closed).containsExactly("first");
    }
}
