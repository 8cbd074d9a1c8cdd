package io.millrace.inference;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.SignatureChange;
import io.millrace.api.TrafficRule;
import io.millrace.api.tensor.Signature;
import io.millrace.inference.ModelNotes.InService;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which version answers, decided from what is declared and what has become of it. Pure: nothing is
 * changed here but the object itself, which lives for one decision.
 */
final class ServingChoice {

    /** No version has this number. */
    static final int NONE = -1;

    /**
     * What was decided.
     *
     * @param base answers those who name no version; {@link #NONE} when none does
     * @param takesOver whether it does so from now on although another one did before
     * @param canary gets a share of the calls, or {@link #NONE}
     * @param shadow gets a copy of a share of the calls, or {@link #NONE}
     * @param needed those that shall be in memory, as far as they have been tried
     * @param remark why something is not as the rule says, for people; empty when it is
     */
    record Result(
            int base,
            boolean takesOver,
            int canary,
            int shadow,
            Set<Integer> needed,
            String remark) {}

    private final ModelSpec spec;
    private final NavigableMap<Integer, ServedVersion> versions;
    private final @Nullable InService inService;
    private final @Nullable ServedVersion current;
    private final int trial;
    private final Set<Integer> needed = new TreeSet<>();
    private int base = NONE;
    private boolean takesOver;
    private int canary = NONE;
    private int shadow = NONE;
    private String remark = "";

    private ServingChoice(
            ModelSpec spec,
            NavigableMap<Integer, ServedVersion> versions,
            @Nullable InService inService) {
        this.spec = spec;
        this.versions = versions;
        this.inService = inService;
        this.current = inService == null ? null : versions.get(inService.version());
        this.trial =
                switch (spec.traffic()) {
                    case TrafficRule.ByAlias() -> NONE;
                    case TrafficRule.Pinned(int _) -> NONE;
                    case TrafficRule.Canary(int version, int _, String _) -> version;
                    case TrafficRule.Shadow(int version, int _) -> version;
                };
    }

    /**
     * Decides.
     *
     * @param versions all that are declared
     * @param inService the version that took over last, in an earlier run perhaps; null when none
     *     ever did
     */
    static Result decide(
            ModelSpec spec,
            NavigableMap<Integer, ServedVersion> versions,
            @Nullable InService inService) {
        var choice = new ServingChoice(spec, versions, inService);
        if (spec.traffic() instanceof TrafficRule.Pinned(int version)) {
            choice.choosePinned(version);
        } else {
            choice.chooseBase();
            choice.chooseTrial();
        }
        return new Result(
                choice.base,
                choice.takesOver,
                choice.canary,
                choice.shadow,
                Set.copyOf(choice.needed),
                choice.remark);
    }

    private void choosePinned(int version) {
        ServedVersion pinned = versions.get(version);
        if (pinned == null || !pinned.isReady()) {
            need(version);
            remark =
                    "all traffic is pinned to version %d, %s; no other version answers for it"
                            .formatted(version, whyNot(pinned));
            return;
        }
        if (pinned.serving() == null && !pinned.loadFailure().isEmpty()) {
            need(version);
            base = version; // its callers are told the same
            remark =
                    "all traffic is pinned to version %d, which cannot be loaded: %s"
                            .formatted(version, pinned.loadFailure());
            return;
        }
        chooseReady(pinned);
    }

    private static String whyNot(@Nullable ServedVersion version) {
        if (version == null) {
            return "which is not declared";
        }
        return "which is not ready" + (version.message().isEmpty() ? "" : ": " + version.message());
    }

    /**
     * The alias {@code production}, else the highest. While it is on its way, the one in service
     * goes on. Without one in service, another answers only once the wanted one has had its first
     * try.
     */
    private void chooseBase() {
        int wanted = wanted();
        ServedVersion target = versions.get(wanted);
        need(wanted);
        if (target != null && target.isReady()) {
            boolean isHopeless =
                    current == null && target.serving() == null && !target.loadFailure().isEmpty();
            if (!isHopeless) {
                chooseReady(target);
                return;
            }
            remark = notInService(target, "it cannot be loaded: " + target.loadFailure());
        }
        if (current != null && !isOut(current)) {
            goOn();
            if (remark.isEmpty() && (target == null || isOut(target))) {
                remark =
                        "version %d shall answer, %s; version %d goes on"
                                .formatted(wanted, whyNot(target), current.version());
            }
        } else if (target == null || target.hasFailed()) {
            chooseInstead();
        }
    }

    private int wanted() {
        Integer production = spec.aliases().get(ModelSpec.PRODUCTION);
        if (production != null) {
            return production;
        }
        int highest = NONE;
        boolean canGoOn = current != null && !isOut(current);
        boolean isTrialAlone = versions.size() == 1;
        for (ServedVersion version : versions.values()) {
            boolean isCandidate = canGoOn ? version.isAccepted() : !version.hasFailed();
            if (isCandidate && (version.version() != trial || isTrialAlone)) {
                highest = version.version();
            }
        }
        return highest;
    }

    /** Whether a version will not answer again without somebody doing something. */
    private static boolean isOut(ServedVersion version) {
        return !version.isReady() && version.hasFailed();
    }

    private void chooseReady(ServedVersion target) {
        if (inService != null && inService.version() == target.version()) {
            base = target.version();
            need(base);
            return;
        }
        boolean canGoOn = current != null && !isOut(current);
        if (target.serving() == null) {
            need(target.version());
            if (!canGoOn) {
                base = target.version(); // its first callers wait for it
                return;
            }
            if (!target.loadFailure().isEmpty()) {
                remark = notInService(target, "it cannot be loaded: " + target.loadFailure());
            }
            goOn();
            return;
        }
        String difference = canGoOn ? difference(target) : "";
        if (!difference.isEmpty() && spec.signatureChange() == SignatureChange.REFUSE) {
            need(target.version());
            remark =
                    notInService(
                            target,
                            difference
                                    + "; if its callers are ready for that, set signatureChange:"
                                    + " allow (or promote with --allow-signature-change)");
            goOn();
            return;
        }
        base = target.version();
        takesOver = true;
        need(base);
    }

    private String difference(ServedVersion target) {
        return inService == null
                ? ""
                : SignatureGuard.difference(
                        target.signatures(), inService.version(), inService.signatures());
    }

    private String notInService(ServedVersion target, String why) {
        return "version %d is ready but not in service: %s".formatted(target.version(), why);
    }

    /** The one in service stays there, once it is ready if a restart has just begun. */
    private void goOn() {
        if (current != null) {
            need(current.version());
            if (current.isReady()) {
                base = current.version();
            }
        }
    }

    /** The highest that can answer; the versions tried out only when there is no other. */
    private void chooseInstead() {
        ServedVersion highest = null;
        ServedVersion ready = null;
        ServedVersion last = null;
        for (ServedVersion version : versions.values()) {
            last = version.isReady() ? version : last;
            boolean isCandidate = version.isAccepted() && version.loadFailure().isEmpty();
            if (isCandidate && (version.version() != trial || highest == null)) {
                highest = version;
                if (version.serving() != null) {
                    ready = version;
                }
            }
        }
        if (highest != null) {
            need(highest.version());
            base = ready != null ? ready.version() : highest.isReady() ? highest.version() : NONE;
        } else if (last != null) {
            need(last.version());
            base = last.version(); // its callers are told why it cannot be loaded
        }
    }

    private void chooseTrial() {
        if (trial == NONE || trial == base) {
            return;
        }
        boolean isShadow = spec.traffic() instanceof TrafficRule.Shadow;
        ServedVersion tried = versions.get(trial);
        need(trial);
        String problem = "";
        if (tried == null || !tried.isReady()) {
            problem = whyNot(tried);
        } else if (tried.serving() == null && !tried.isResting()) {
            problem =
                    tried.loadFailure().isEmpty()
                            ? "which is being loaded"
                            : "which cannot be loaded: " + tried.loadFailure();
        } else if (base == NONE) {
            return;
        } else if (spec.signatureChange() == SignatureChange.REFUSE) {
            String difference =
                    SignatureGuard.difference(
                            tried.signatures(), base, signaturesOf(versions.get(base)));
            problem =
                    difference.isEmpty()
                            ? ""
                            : "of which "
                                    + difference
                                    + "; if its callers are ready for that, set signatureChange:"
                                    + " allow";
        }
        if (problem.isEmpty()) {
            canary = isShadow ? NONE : trial;
            shadow = isShadow ? trial : NONE;
        } else if (remark.isEmpty()) {
            remark =
                    "the %s is version %d, %s; it gets no calls"
                            .formatted(isShadow ? "shadow" : "canary", trial, problem);
        }
    }

    private static List<Signature> signaturesOf(@Nullable ServedVersion version) {
        return version == null ? List.of() : version.signatures();
    }

    private void need(int version) {
        ServedVersion served = versions.get(version);
        if (served != null && served.isAccepted()) {
            needed.add(version);
        }
    }
}
