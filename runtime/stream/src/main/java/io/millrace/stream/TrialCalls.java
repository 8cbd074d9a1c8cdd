package io.millrace.stream;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.spi.CallRecords;
import io.millrace.spi.ModelServing;
import java.util.List;

/** Calls of models that tell nothing about their use: who watches for drift does not hear them. */
final class TrialCalls implements ModelServing {

    private final ModelServing models;

    TrialCalls(ModelServing models) {
        this.models = models;
    }

    @Override
    public Answer infer(Call call) {
        return models.infer(
                new Call(
                        call.project(),
                        call.model(),
                        call.version(),
                        call.signature(),
                        call.inputs(),
                        call.timeout(),
                        call.routing(),
                        CallRecords.TRIAL));
    }

    @Override
    public Description describe(ProjectId project, ResourceName model, VersionRef version) {
        return models.describe(project, model, version);
    }

    @Override
    public List<Description> list(ProjectId project) {
        return models.list(project);
    }

    @Override
    public String stickyHeader(ProjectId project, ResourceName model) {
        return models.stickyHeader(project, model);
    }

    @Override
    public void load(ProjectId project, ResourceName model) {
        models.load(project, model);
    }

    @Override
    public void unload(ProjectId project, ResourceName model) {
        models.unload(project, model);
    }
}
