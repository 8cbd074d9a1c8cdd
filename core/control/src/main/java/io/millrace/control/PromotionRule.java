package io.millrace.control;

import io.millrace.api.RetrainSpec;
import io.millrace.spi.VersionJudge.Judged;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Whether a new version takes over, the one in production stays, or the one before comes back. All
 * three answered the same samples, and one rule decides. Pure.
 */
final class PromotionRule {

    /** Differences that are smaller come from how numbers are added up. */
    private static final double NOTHING = 1e-9;

    private final RetrainSpec spec;
    private final Judged judged;

    PromotionRule(RetrainSpec spec, Judged judged) {
        this.spec = spec;
        this.judged = judged;
    }

    /** What is to be done. */
    enum Action {
        PROMOTE,
        KEEP,
        ROLL_BACK
    }

    /**
     * A decision.
     *
     * @param action what is to be done
     * @param incumbent with which the new version was compared: to this a rollback leads
     * @param why in words for people
     */
    record Decision(Action action, int incumbent, String why) {}

    /**
     * Decides.
     *
     * @param candidate the new version
     * @param production the version that serves
     * @param previous the one before, where it may come back
     */
    Decision decide(int candidate, int production, OptionalInt previous) {
        if (!judged.scores().containsKey(production)) {
            return new Decision(
                    Action.KEEP, production, refusal(production, "which is in production"));
        }
        int incumbent = production;
        if (previous.isPresent() && isWorse(production, previous.getAsInt())) {
            incumbent = previous.getAsInt();
        }
        if (judged.scores().containsKey(candidate)
                && isBetter(candidate, incumbent, spec.improvement())) {
            return new Decision(
                    Action.PROMOTE, incumbent, scores(candidate, production, incumbent));
        }
        Action action = incumbent == production ? Action.KEEP : Action.ROLL_BACK;
        String why =
                judged.scores().containsKey(candidate)
                        ? scores(candidate, production, incumbent) + needed()
                        : refusal(candidate, "the new one");
        if (action == Action.ROLL_BACK && !judged.scores().containsKey(candidate)) {
            why += "; " + scores(incumbent, production, incumbent);
        }
        return new Decision(action, incumbent, why);
    }

    /** A rollback needs a version that is better in earnest, also where the rule is lenient. */
    private boolean isWorse(int production, int previous) {
        return judged.scores().containsKey(previous)
                && isBetter(previous, production, Math.max(0, spec.improvement()));
    }

    private boolean isBetter(int version, int than, double improvement) {
        double difference = score(version) - score(than);
        double gain = spec.isUpward() ? difference : -difference;
        return gain >= improvement - NOTHING && (improvement < 0 || gain > NOTHING);
    }

    private double score(int version) {
        return judged.scores().getOrDefault(version, Double.NaN);
    }

    private String scores(int candidate, int production, int incumbent) {
        var text = new StringBuilder();
        text.append(spec.metric()).append(' ').append(one(candidate));
        if (candidate != production) {
            text.append(", ").append(one(production));
        }
        if (incumbent != production && incumbent != candidate) {
            text.append(", ").append(one(incumbent));
        }
        return text.append(", on %d held-back samples".formatted(judged.samples())).toString();
    }

    private String needed() {
        return "; to take over it must be %s by %s"
                .formatted(
                        spec.isUpward() ? "greater" : "smaller",
                        spec.improvement() == 0 ? "something" : number(spec.improvement()));
    }

    private String one(int version) {
        return "%s of version %d".formatted(number(score(version)), version);
    }

    private String refusal(int version, String which) {
        return "version %d, %s, could not answer the held-back samples: %s"
                .formatted(
                        version,
                        which,
                        judged.refusals().getOrDefault(version, "it was not asked"));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
