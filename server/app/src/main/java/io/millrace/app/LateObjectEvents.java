package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.ObjectEvents;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stands for what takes events of stores until that is there: HTTP is up long before. */
final class LateObjectEvents implements ObjectEvents {

    private volatile @Nullable ObjectEvents arrived;

    void arrived(ObjectEvents events) {
        arrived = events;
    }

    @Override
    public Received receive(ProjectId project, ResourceName source, Request request) {
        return there().receive(project, source, request);
    }

    @Override
    public Optional<Place> at(String path) {
        return there().at(path);
    }

    private ObjectEvents there() {
        ObjectEvents now = arrived;
        if (now == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the server is starting; send it again in a moment");
        }
        return now;
    }
}
