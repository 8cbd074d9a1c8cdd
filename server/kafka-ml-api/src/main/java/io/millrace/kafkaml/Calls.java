package io.millrace.kafkaml;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;

/** Every call of the interface, by method and path. */
final class Calls {

    private static final String NUMBER = "#";

    /** What answers a call: the number in its path, 0 without one, and its body. */
    @FunctionalInterface
    private interface Handler {
        Answer answer(int id, byte[] body);
    }

    /** A call; {@code #} in the path is a number. */
    private record Call(String method, List<String> path, Handler handler) {}

    private final List<Call> calls = new ArrayList<>();

    Calls(KafkaMlConfig config, KafkaMlPorts ports, Ledger ledger) {
        var catalog = new Catalog(ports.store(), config.project(), ledger);
        var results = new ResultCalls(catalog, ports.results());
        models(new ModelCalls(catalog, ports.training(), ports.time(), config.check()));
        configurations(new ConfigurationCalls(catalog));
        deployments(new DeploymentCalls(catalog, results, ports.time()));
        var trained = new TrainedModels(catalog, ports.results(), ports.blobs());
        var inferences = new InferenceCalls(catalog, ledger, results, trained, ports.time());
        results(results, inferences);
        inferences(inferences);
        dataSources(new DataSourceCalls(catalog, ports.log(), ports.time()));
    }

    private void models(ModelCalls models) {
        add("GET", "models", (_, _) -> models.list());
        add("POST", "models", (_, body) -> models.create(Body.parse(body)));
        add("GET", "models/distributed", (_, _) -> models.none());
        add("GET", "models/fathers", (_, _) -> models.none());
        add("GET", "models/result/#", (id, _) -> models.ofResult(id));
        add("GET", "models/#", (id, _) -> models.show(id));
        add("PUT", "models/#", (id, body) -> models.change(id, Body.parse(body)));
        add("DELETE", "models/#", (id, _) -> models.delete(id));
    }

    private void configurations(ConfigurationCalls configurations) {
        add("GET", "configurations", (_, _) -> configurations.list());
        add("POST", "configurations", (_, body) -> configurations.create(Body.parse(body)));
        add("GET", "configurations/#", (id, _) -> configurations.show(id));
        add("PUT", "configurations/#", (id, body) -> configurations.change(id, Body.parse(body)));
        add("DELETE", "configurations/#", (id, _) -> configurations.delete(id));
        add("GET", "frameworksInConfiguration/#", (id, _) -> configurations.frameworks(id));
        add("GET", "distributedConfiguration/#", (id, _) -> configurations.isDistributed(id));
    }

    private void deployments(DeploymentCalls deployments) {
        add("GET", "deployments", (_, _) -> deployments.list());
        add("POST", "deployments", (_, body) -> deployments.create(Body.parse(body)));
        add("GET", "deployments/results/#", (id, _) -> deployments.results(id));
        add("GET", "deployments/#", (id, _) -> deployments.ofConfiguration(id));
        add("DELETE", "deployments/#", (id, _) -> deployments.delete(id));
    }

    private void results(ResultCalls results, InferenceCalls inferences) {
        add("GET", "results", (_, _) -> results.list());
        add("POST", "results/stop/#", (id, _) -> results.stop(id));
        add("GET", "results/model/#", (id, _) -> results.model(id));
        add("GET", "results/chart/#", (id, _) -> results.chart(id));
        add("GET", "results/confusion_matrix/#", (id, _) -> results.confusionMatrix(id));
        add("GET", "results/inference/#", (id, _) -> inferences.suggestion(id));
        add("POST", "results/inference/#", (id, body) -> inferences.create(id, Body.parse(body)));
        add("GET", "results/#", (_, _) -> results.notForTrainers());
        add("POST", "results/#", (_, _) -> results.notForTrainers());
        add("POST", "results_metrics/#", (_, _) -> results.notForTrainers());
        add("DELETE", "results/#", (id, _) -> results.delete(id));
        add("POST", "results/inference-iot/#", (_, _) -> noDevices());
        add("GET", "iot-devices", (_, _) -> noDevices());
        add("POST", "iot-devices", (_, _) -> noDevices());
    }

    private void inferences(InferenceCalls inferences) {
        add("GET", "inferences", (_, _) -> inferences.list());
        add("GET", "inferences/#", (id, _) -> inferences.show(id));
        add("POST", "inferences/#", (id, _) -> inferences.stop(id));
        add("DELETE", "inferences/#", (id, _) -> inferences.delete(id));
    }

    private void dataSources(DataSourceCalls sources) {
        add("GET", "datasources", (_, _) -> sources.list());
        add("POST", "datasources", (_, body) -> sources.create(Body.parse(body)));
        add("POST", "datasources/kafka", (_, body) -> sources.send(Body.parse(body)));
    }

    private static Answer noDevices() {
        return Answer.text(400, "devices that run models are not available here");
    }

    private void add(String method, String path, Handler handler) {
        calls.add(new Call(method, List.of(path.split("/", -1)), handler));
    }

    /**
     * Answers a call.
     *
     * @throws MillraceException saying what is wrong with it
     */
    Answer answer(String method, String path, byte[] body) {
        List<String> parts = parts(path);
        boolean isKnown = false;
        for (Call call : calls) {
            if (fits(call.path(), parts)) {
                isKnown = true;
                if (call.method().equals(method)) {
                    return call.handler().answer(number(call.path(), parts), body);
                }
            }
        }
        return isKnown
                ? Answer.text(405, method + " is not known for " + path)
                : Answer.text(404, "there is nothing at " + path);
    }

    private static List<String> parts(String path) {
        var parts = new ArrayList<String>();
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        if (!parts.isEmpty() && parts.getFirst().equals("api")) {
            parts.removeFirst();
        }
        return parts;
    }

    private static boolean fits(List<String> pattern, List<String> parts) {
        if (pattern.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            boolean isNumber = pattern.get(i).equals(NUMBER);
            if (isNumber
                    ? !parts.get(i).matches("[0-9]{1,9}")
                    : !pattern.get(i).equals(parts.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static int number(List<String> pattern, List<String> parts) {
        int at = pattern.indexOf(NUMBER);
        try {
            return at < 0 ? 0 : Integer.parseInt(parts.get(at));
        } catch (NumberFormatException e) {
            throw new MillraceException(ErrorCode.INVALID, "a number is required", e);
        }
    }
}
