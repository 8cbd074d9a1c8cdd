package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DivisionTest {

    private final Division division = new Division("fashion/m");

    @Test
    void anyHundredCallsInARowGiveExactlyThePercentage() {
        for (int percent = 0; percent <= 100; percent++) {
            var taken = new boolean[350];
            for (int i = 0; i < taken.length; i++) {
                taken[i] = division.takesNext(percent);
            }
            for (int from = 0; from + 100 <= taken.length; from++) {
                assertThat(count(taken, from))
                        .as("%d %% from %d", percent, from)
                        .isEqualTo(percent);
            }
        }
    }

    private static int count(boolean[] taken, int from) {
        int count = 0;
        for (int i = from; i < from + 100; i++) {
            count += taken[i] ? 1 : 0;
        }
        return count;
    }

    @Test
    void spreadsTheShareEvenly() {
        int last = -1;
        for (int i = 0; i < 1_000; i++) {
            if (division.takesNext(10)) {
                if (last >= 0) {
                    assertThat(i - last).isEqualTo(10);
                }
                last = i;
            }
        }
    }

    @Test
    void aCallerStaysAndALargerShareOnlyAddsCallers() {
        for (int caller = 0; caller < 1_000; caller++) {
            boolean wasTaken = false;
            for (int percent = 0; percent <= 100; percent++) {
                boolean isTaken = division.takes(percent, "user-" + caller);
                assertThat(isTaken).isEqualTo(division.takes(percent, "user-" + caller));
                assertThat(isTaken || !wasTaken).isTrue();
                wasTaken = isTaken;
            }
            assertThat(wasTaken).isTrue();
            assertThat(division.takes(0, "user-" + caller)).isFalse();
        }
    }

    @Test
    void callersAreDividedByAboutThePercentageAndAnewForEachModel() {
        var other = new Division("fashion/other");
        int taken = 0;
        int both = 0;
        for (int caller = 0; caller < 20_000; caller++) {
            boolean isTaken = division.takes(20, Integer.toString(caller));
            taken += isTaken ? 1 : 0;
            both += isTaken && other.takes(20, Integer.toString(caller)) ? 1 : 0;
        }
        assertThat(taken).isBetween(3_700, 4_300);
        assertThat(both).isBetween(600, 1_000);
    }
}
