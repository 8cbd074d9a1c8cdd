package io.millrace.codec.kserve;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A server with the models, and a folder with the files, that a test put there. */
final class FakeSurroundings implements Surroundings {

    private final Map<String, ModelSpec> models = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();

    void put(String name, ModelSpec model) {
        models.put(name, model);
    }

    void putFile(String path, String text) {
        files.put(path, text);
    }

    @Override
    public Optional<ModelSpec> model(ProjectId project, ResourceName name) {
        return Optional.ofNullable(models.get(project + "/" + name));
    }

    @Override
    public boolean hasProject(ProjectId project) {
        return project.equals(ProjectId.DEFAULT);
    }

    @Override
    public String readText(int document, String path) {
        String text = files.get(path);
        if (text == null) {
            throw MillraceException.notFound("there is no such file");
        }
        return text;
    }

    @Override
    public String contentAddress(int document, String path) {
        return "blob:sha256:"
                + "%064x".formatted(readText(document, path).hashCode() & 0xffffffffL);
    }

    @Override
    public boolean isOwnLog(String hostAndPort) {
        return hostAndPort.equals("localhost:9092");
    }
}
