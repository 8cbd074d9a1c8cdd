package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec.Reply;
import io.millrace.api.VersionRef;
import java.time.Duration;

/** Answers requests for models as their bodies are: through the model's transformer, if any. */
public interface TransformerServing {

    /** Whether requests that name a model go through a transformer. */
    boolean covers(ProjectId project, ResourceName model);

    /** How requests for a model are answered that came as CloudEvents. */
    Reply replyTo(ProjectId project, ResourceName model);

    /**
     * Has a request answered, by the model alone where it has no transformer. Blocks. Interrupting
     * the caller's thread gives it up.
     *
     * @return the answer; an error with its status when user code or the model failed
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}, {@code INVALID} as in {@link
     *     ModelServing#infer}; {@code UNAVAILABLE} no process is there; {@code OVERLOADED}, {@code
     *     TIMEOUT}; {@code USER_CODE} a process ended over it; {@code TOO_LARGE}
     */
    TransformerReply.Answered call(Call call);

    /**
     * One call.
     *
     * @param project whose model
     * @param model its name
     * @param version which version of it the transformer shall call
     * @param request what is asked
     * @param routing by what a canary divides callers; empty when there is nothing
     * @param timeout the most that it may take, queueing included
     * @param isBare whether it goes to the model alone, even where that has a transformer
     */
    record Call(
            ProjectId project,
            ResourceName model,
            VersionRef version,
            TransformerRequest request,
            String routing,
            Duration timeout,
            boolean isBare) {

        /** Through the transformer, if there is one. */
        public Call(
                ProjectId project,
                ResourceName model,
                VersionRef version,
                TransformerRequest request,
                String routing,
                Duration timeout) {
            this(project, model, version, request, routing, timeout, false);
        }
    }

    /** Where no transformers run, and no requests come as bodies. */
    static TransformerServing none() {
        return new NoTransformers();
    }
}
