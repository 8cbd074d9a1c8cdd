package io.millrace.inference.http;

import io.millrace.api.ProjectId;

/**
 * Where the models of a project are, as functions are told in {@code AI_INFERENCE_ENDPOINT}.
 *
 * <p>Existing functions build {@code "http://" + endpoint + "/v1/models/…"} and name no project. So
 * the project is part of the endpoint: {@code 127.0.0.1:8080/projects/fashion}. The default
 * project's endpoint is host and port alone. No name resolution and no further port are needed.
 */
public final class InferenceAddress {

    private InferenceAddress() {}

    /**
     * The endpoint of a project, without a scheme.
     *
     * @param hostAndPort where the server listens, such as {@code 127.0.0.1:8080}
     */
    public static String of(String hostAndPort, ProjectId project) {
        return project.equals(ProjectId.DEFAULT)
                ? hostAndPort
                : hostAndPort + "/projects/" + project.value();
    }
}
