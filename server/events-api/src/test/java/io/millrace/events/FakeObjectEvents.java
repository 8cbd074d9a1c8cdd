package io.millrace.events;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.ObjectEvents;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes everything, or fails as its source is called. */
final class FakeObjectEvents implements ObjectEvents {

    static final Place ROOT = new Place(ProjectId.DEFAULT, new ResourceName("root"));

    private final List<Request> requests = new CopyOnWriteArrayList<>();

    List<Request> requests() {
        return requests;
    }

    @Override
    public Received receive(ProjectId project, ResourceName source, Request request) {
        for (ErrorCode code : ErrorCode.values()) {
            if (source.value()
                    .equals(code.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'))) {
                throw new MillraceException(code, "failed as " + code);
            }
        }
        if (source.value().equals("defect")) {
            throw new IllegalStateException("oops");
        }
        requests.add(request);
        return source.value().equals("letters") ? new Received(1, 2, 3) : new Received(1, 0, 0);
    }

    @Override
    public Optional<Place> at(String path) {
        return path.startsWith("/nowhere") ? Optional.empty() : Optional.of(ROOT);
    }
}
