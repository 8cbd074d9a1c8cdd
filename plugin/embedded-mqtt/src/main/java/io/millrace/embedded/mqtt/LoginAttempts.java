package io.millrace.embedded.mqtt;

import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** How often somebody failed to log in lately, so that passwords cannot be tried out. */
final class LoginAttempts {

    /** Of one name from one address. */
    static final int PER_USER = 10;

    /** Of all names from one address, behind which there may be many clients. */
    static final int PER_ADDRESS = 100;

    private static final long PERIOD_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MAX_KNOWN = 20_000;
    private static final int TURNS = 64;

    private final Object[] turns = Stream.generate(Object::new).limit(TURNS).toArray();
    private final TimeSource time;
    private final ConcurrentHashMap<String, Failures> failures = new ConcurrentHashMap<>();

    private record Failures(long since, int count) {}

    LoginAttempts(TimeSource time) {
        this.time = time;
    }

    /**
     * What a thread holds while it checks a password of an address, so that no more are checked at
     * a time than may be wrong.
     */
    Object turn(String address) {
        return turns[Math.floorMod(address.hashCode(), TURNS)];
    }

    /** Whether another attempt is allowed now. */
    boolean mayTry(String address, String user) {
        long now = time.nanoTime();
        return count(address, now) < PER_ADDRESS && count(pair(address, user), now) < PER_USER;
    }

    /** Notes a wrong name or password. */
    void failed(String address, String user) {
        long now = time.nanoTime();
        if (failures.size() > MAX_KNOWN) {
            failures.values().removeIf(known -> now - known.since() > PERIOD_NANOS);
        }
        add(address, now);
        // Over the limit only addresses are noted: there are fewer of them.
        if (failures.size() <= MAX_KNOWN) {
            add(pair(address, user), now);
        }
    }

    private void add(String key, long now) {
        failures.compute(
                key,
                (_, known) ->
                        known == null || now - known.since() > PERIOD_NANOS
                                ? new Failures(now, 1)
                                : new Failures(known.since(), known.count() + 1));
    }

    private int count(String key, long now) {
        Failures known = failures.get(key);
        return known == null || now - known.since() > PERIOD_NANOS ? 0 : known.count();
    }

    private static String pair(String address, String user) {
        return address + " " + user;
    }
}
