package io.millrace.management.http;

import io.millrace.codec.payload.PayloadText;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What one sees of records, traces and replays, as JSON. */
final class InsightViews {
    private static final int MAX_TEXT = 16 * 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private InsightViews() {}

    static ObjectNode seen(PipelineTaps.Seen seen) {
        ObjectNode view =
                Json.object()
                        .put("time", Instant.ofEpochMilli(seen.atMillis()).toString())
                        .put("edge", seen.edge())
                        .put("position", seen.position());
        byte[] key = seen.key();
        if (key != null) {
            view.put("key", PayloadText.of(key).text());
        }
        view.set("headers", headers(seen.headers()));
        view.set("payload", payload(PayloadText.of(seen.payload(), seen.size())));
        PipelineTaps.Failure failure = seen.failure();
        if (failure != null) {
            view.set("failure", failure(failure));
        }
        return view;
    }

    private static ObjectNode payload(PayloadText payload) {
        String text = payload.text();
        return Json.object()
                .put("format", payload.form().label())
                .put("size", payload.size())
                .put("text", text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…");
    }

    private static ArrayNode headers(List<Header> headers) {
        ArrayNode array = Json.object().arrayNode();
        for (Header header : headers) {
            array.addObject()
                    .put("name", header.name())
                    .put("value", PayloadText.of(header.value()).text());
        }
        return array;
    }

    private static ObjectNode failure(PipelineTaps.Failure failure) {
        return Json.object()
                .put("stage", failure.stage())
                .put("code", failure.code().name())
                .put("reason", failure.reason())
                .put("attempts", failure.attempts());
    }

    static ObjectNode trace(PipelineTraces.Trace trace) {
        ObjectNode view = Json.object();
        view.set("input", input(trace.input()));
        view.set("state", state(trace.state()));
        ArrayNode outputs = view.putArray("outputs");
        for (PipelineTraces.Output output : trace.outputs()) {
            ObjectNode one =
                    outputs.addObject()
                            .put("position", output.position().toString())
                            .put("time", Instant.ofEpochMilli(output.answeredMillis()).toString());
            ArrayNode steps = one.putArray("steps");
            output.steps().forEach(steps::add);
            one.set("payload", payload(PayloadText.of(output.payload())));
        }
        ArrayNode remarks = view.putArray("remarks");
        trace.remarks().forEach(remarks::add);
        ArrayNode steps = view.putArray("steps");
        trace.steps().forEach(step -> steps.add(step(step)));
        return view;
    }

    private static ObjectNode input(LogRecord input) {
        ObjectNode view =
                Json.object()
                        .put("position", LogPosition.of(input).toString())
                        .put("time", Instant.ofEpochMilli(input.timestampMillis()).toString());
        String received = Header.find(input.headers(), HeaderNames.RECEIVED);
        if (received != null && received.matches("\\d{1,18}|[1-8]\\d{18}")) {
            long nanos = Long.parseLong(received);
            view.put(
                    "received",
                    Instant.ofEpochSecond(nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND)
                            .toString());
        }
        byte[] key = input.key();
        if (key != null) {
            view.put("key", PayloadText.of(key).text());
        }
        view.set("headers", headers(input.headers()));
        view.set("payload", payload(PayloadText.of(input.value())));
        return view;
    }

    private static ObjectNode state(PipelineTraces.State state) {
        return switch (state) {
            case PipelineTraces.Pending pending -> {
                ObjectNode view = Json.object().put("name", "pending");
                pending.committed().ifPresent(offset -> view.put("committed", offset));
                yield view;
            }
            case PipelineTraces.Answered() -> Json.object().put("name", "answered");
            case PipelineTraces.Dead dead -> {
                ObjectNode view =
                        Json.object()
                                .put("name", "dead")
                                .put("letter", dead.letter().toString())
                                .put("time", Instant.ofEpochMilli(dead.atMillis()).toString());
                view.set("failure", failure(dead.failure()));
                yield view;
            }
        };
    }

    private static ObjectNode step(PipelineTraces.Passed step) {
        ObjectNode view =
                Json.object()
                        .put("step", step.step())
                        .put("millis", Math.floor(step.took().toNanos() / 1_000.0) / 1_000);
        ArrayNode payloads = view.putArray("payloads");
        step.payloads().forEach(payload -> payloads.add(payload(PayloadText.of(payload))));
        step.failure().ifPresent(failure -> view.set("failure", failure(failure)));
        return view;
    }

    static ObjectNode job(PipelineReplays.Job job) {
        PipelineReplays.Request request = job.request();
        ObjectNode view =
                Json.object()
                        .put("id", job.id())
                        .put("state", job.state().name().toLowerCase(Locale.ROOT))
                        .put("message", job.message())
                        .put("done", job.done())
                        .put("total", job.total())
                        .put("startedAt", job.startedAt().toString())
                        .put("from", request.from().toString())
                        .put("to", request.to().toString());
        ObjectNode models = view.putObject("models");
        request.models().forEach((name, version) -> models.put(name.value(), version));
        request.branch().ifPresent(branch -> view.put("into", branch.value()));
        view.set("report", report(job.report()));
        return view;
    }

    private static ObjectNode report(PipelineReplays.Report report) {
        ObjectNode view =
                Json.object()
                        .put("comparedWith", report.reference().name().toLowerCase(Locale.ROOT))
                        .put("source", report.source())
                        .put("records", report.records())
                        .put("same", report.same())
                        .put("different", report.different())
                        .put("onlyThen", report.onlyThen())
                        .put("onlyNow", report.onlyNow())
                        .put("neither", report.neither())
                        .put("failedThen", report.failedThen())
                        .put("failedNow", report.failedNow());
        report.agreement().ifPresent(share -> view.put("agreement", share));
        ArrayNode labels = view.putArray("labels");
        for (PipelineReplays.LabelCount label : report.labels()) {
            labels.addObject()
                    .put("then", label.then())
                    .put("now", label.now())
                    .put("count", label.count());
        }
        view.put("numbers", report.numbers());
        report.meanDifference().ifPresent(mean -> view.put("meanDifference", mean));
        ArrayNode examples = view.putArray("examples");
        for (PipelineReplays.Example example : report.examples()) {
            ObjectNode one = examples.addObject().put("position", example.position().toString());
            ArrayNode then = one.putArray("then");
            example.then().forEach(then::add);
            ArrayNode now = one.putArray("now");
            example.now().forEach(now::add);
        }
        return view;
    }
}
