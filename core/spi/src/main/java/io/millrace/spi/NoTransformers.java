package io.millrace.spi;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec;
import java.util.Optional;

/** An install without transformers. */
final class NoTransformers implements TransformerHost, TransformerServing {

    @Override
    public void deploy(
            ResourceKey model, TransformerSpec spec, FunctionSpec function, Runnable changed) {
        throw unsupported();
    }

    @Override
    public void block(ResourceKey model, String why) {
        throw unsupported();
    }

    @Override
    public Optional<State> state(ResourceKey model) {
        return Optional.empty();
    }

    @Override
    public void remove(ResourceKey model) {
        // There is none.
    }

    @Override
    public boolean covers(ProjectId project, ResourceName model) {
        return false;
    }

    @Override
    public TransformerSpec.Reply replyTo(ProjectId project, ResourceName model) {
        return TransformerSpec.Reply.EVENT;
    }

    @Override
    public TransformerReply.Answered call(Call call) {
        throw unsupported();
    }

    private static MillraceException unsupported() {
        return new MillraceException(
                ErrorCode.UNSUPPORTED, "transformers are not available in this install");
    }
}
