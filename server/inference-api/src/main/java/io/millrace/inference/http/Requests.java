package io.millrace.inference.http;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.OpenInference;

/** What all protocols read from a request's line. */
final class Requests {

    private static final String PROJECT = "project";

    private Requests() {}

    /** The project in the path; {@code default} when there is none. */
    static ProjectId project(ServerRequest request) {
        Parameters parameters = request.path().pathParameters();
        if (!parameters.contains(PROJECT)) {
            return ProjectId.DEFAULT;
        }
        String named = parameters.get(PROJECT);
        try {
            return new ProjectId(named);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "Project " + named + " does not exist.", e);
        }
    }

    /** A model's name from a path. A name that cannot be is a model that is not there. */
    static ResourceName model(String text) {
        return OpenInference.model(text);
    }

    static boolean isMethod(ServerRequest request, String method) {
        return request.prologue().method().text().equals(method);
    }

    /** Whether it is the method (HEAD goes for GET); if not, 405 has been sent. */
    static boolean takes(ServerRequest request, ServerResponse response, String method) {
        if (isMethod(request, method) || (method.equals("GET") && isMethod(request, "HEAD"))) {
            return true;
        }
        notAllowed(response, method);
        return false;
    }

    static void notAllowed(ServerResponse response, String allowed) {
        response.header(HeaderNames.ALLOW, allowed);
        HttpErrors.send(response, Status.METHOD_NOT_ALLOWED_405, "Use " + allowed + " here.");
    }
}
