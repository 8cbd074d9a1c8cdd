package io.millrace.system;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The seeds of tests that break things, and how a failing one is repeated. */
final class Faults implements TestExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(Faults.class);

    /** Whether the long form was asked for, with {@code ./millrace test --faults}. */
    static boolean isLong() {
        return "long".equals(System.getProperty("millrace.faults"));
    }

    /** The seeds of this run; {@code -Dmillrace.faults.seed=7} runs one alone. */
    static Stream<Long> seeds(int inTheSuite, int inTheLongForm) {
        Long one = Long.getLong("millrace.faults.seed");
        return one != null
                ? Stream.of(one)
                : LongStream.rangeClosed(1, isLong() ? inTheLongForm : inTheSuite).boxed();
    }

    static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** One figure that the report of a run needs. */
    static void tell(String figure) {
        LOG.info("{}", figure);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        String seed = context.getDisplayName().replaceAll(".*seed (\\d+).*", "$1");
        boolean isSeeded = !seed.equals(context.getDisplayName());
        String test =
                context.getRequiredTestClass().getSimpleName()
                        + "#"
                        + context.getRequiredTestMethod().getName();
        String command =
                "./millrace test"
                        + (isLong() ? " --faults" : "")
                        + " -pl testing/system-tests -am -Dtest=None -Dit.test='"
                        + test
                        + "' -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dfailsafe.failIfNoSpecifiedTests=false"
                        + (isSeeded ? " -Dmillrace.faults.seed=" + seed : "");
        failure.addSuppressed(new AssertionError("to repeat it: " + command));
        // At once: a long run tells its failures only when its last seed is through.
        LOG.error("{} failed; to repeat it: {}", context.getDisplayName(), command, failure);
        throw failure;
    }
}
