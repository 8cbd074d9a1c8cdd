package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The one data plane of inference: pipelines, HTTP and gRPC all call models through it. */
public interface ModelServing {

    /**
     * Computes, together with what others ask of the same version at the same time. Blocks until
     * the answer is there. Interrupting the caller's thread cancels a call that is still queued.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} unknown model, version, alias or
     *     signature; {@code UNAVAILABLE} known but not ready; {@code INVALID} inputs that do not
     *     fit, with expected and received; {@code OVERLOADED} queue full; {@code TIMEOUT} not done
     *     in time; {@code USER_CODE} the model failed
     */
    Answer infer(Call call);

    /**
     * What a model looks like, for metadata and for decoding ahead of a call.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}, {@code UNAVAILABLE} as above
     */
    Description describe(ProjectId project, ResourceName model, VersionRef version);

    /** The models of a project, by name, also those that are not ready. */
    List<Description> list(ProjectId project);

    /**
     * The header by whose value a canary of this model divides callers; empty when there is none.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    String stickyHeader(ProjectId project, ResourceName model);

    /**
     * Has all versions of a model in memory when it returns. Undoes {@link #unload}.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}; {@code UNAVAILABLE} when one
     *     cannot be loaded, with the reason
     */
    void load(ProjectId project, ResourceName model);

    /**
     * Answers what is under way and frees the memory of all versions. They stay away until {@link
     * #load} or the next start.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    void unload(ProjectId project, ResourceName model);

    /**
     * One call.
     *
     * @param project whose model
     * @param model its name
     * @param version which version
     * @param signature its name
     * @param inputs in the order of the signature; the first axis counts items where the model says
     *     so
     * @param timeout the most that it may take, queueing included
     * @param routing by what a canary divides callers, such as a header's value; empty when there
     *     is nothing: then it divides call by call
     * @param records which records of the log the items are made of, for those who watch the model
     */
    record Call(
            ProjectId project,
            ResourceName model,
            VersionRef version,
            String signature,
            List<Tensor> inputs,
            Duration timeout,
            String routing,
            CallRecords records) {

        /** A call whose items are no records of the log. */
        public Call(
                ProjectId project,
                ResourceName model,
                VersionRef version,
                String signature,
                List<Tensor> inputs,
                Duration timeout,
                String routing) {
            this(project, model, version, signature, inputs, timeout, routing, CallRecords.NONE);
        }
    }

    /**
     * The answer to a call.
     *
     * @param version which version computed it
     * @param signature with which the outputs go
     * @param outputs in the order of the signature
     */
    record Answer(int version, Signature signature, List<Tensor> outputs) {}

    /**
     * A version of a model as callers see it.
     *
     * @param model its name
     * @param versions all versions and whether each can be called now, ascending
     * @param framework such as {@code tensorflow}
     * @param version the one that was asked for; empty when none is ready
     * @param signatures of that version; empty when none is ready. Known also while a version that
     *     was loaded before is not in memory
     */
    record Description(
            ResourceName model,
            List<VersionState> versions,
            String framework,
            Optional<Integer> version,
            List<Signature> signatures) {}

    /** A version and whether it can be called now. */
    record VersionState(int version, boolean isReady, String message) {}
}
