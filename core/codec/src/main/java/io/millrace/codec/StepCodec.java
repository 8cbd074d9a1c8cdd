package io.millrace.codec;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.PipelineSpec.FunctionStep;
import io.millrace.api.PipelineSpec.ModelChoice;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.PipelineSpec.OneModel;
import io.millrace.api.PipelineSpec.PredictStep;
import io.millrace.api.PipelineSpec.SelectedModel;
import io.millrace.api.PipelineSpec.Step;
import io.millrace.api.PipelineSpec.WindowStep;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicTemplate;
import io.millrace.api.VersionRef;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.payload.AnswerTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The steps of a pipeline, with their decoding and encoding. */
final class StepCodec {

    private static final int MAX_TOP = 100_000;
    private static final Map<String, EncodeSpec.Format> ENCODE_FORMATS =
            Words.of(EncodeSpec.Format.values());
    private static final Set<String> LATER_ENCODE_FORMATS =
            Set.of("msgpack", "avro", "csv", "image", "npy");

    /** Reads a step; only one key of a step says what it does. */
    Step read(Value value) {
        Fields fields = value.fields();
        String way = fields.oneOf("function", "model", "predict", "window").orElse("function");
        Value step = fields.optional(way);
        if (fields.declares(way) && !step.isPresent()) {
            step.problem("missing '%s'".formatted(mainField(way)));
        }
        Fields settings =
                step.isPresent() ? step.fields() : Value.absent("", value.reading()).fields();
        boolean read = step.isPresent();
        fields.rejectUnknown();
        return switch (way) {
            case "model" -> model(settings, read);
            case "predict" -> predict(settings, read);
            case "window" -> WindowCodec.read(settings, read);
            default -> function(settings, read);
        };
    }

    /** What a step of this way cannot be without. */
    private static String mainField(String way) {
        return switch (way) {
            case "window" -> "value";
            case "predict" -> "model";
            default -> "name";
        };
    }

    private static Step predict(Fields fields, boolean written) {
        Value model = written ? fields.required("model") : fields.optional("model");
        var step = new PredictStep(model.name("model"), version(fields.optional("version")));
        fields.rejectUnknown();
        return step;
    }

    private static Step function(Fields fields, boolean written) {
        var step =
                new FunctionStep(
                        name(fields, written).name("function"), fields.optional("args").textMap());
        fields.rejectUnknown();
        return step;
    }

    private static Step model(Fields fields, boolean written) {
        ModelChoice choice = choice(fields, written);
        VersionRef version = version(fields.optional("version"));
        Value decoding = fields.optional("decode");
        Optional<DecodeSpec> decode =
                decoding.isPresent() ? Optional.of(DecodeCodec.read(decoding)) : Optional.empty();
        var step =
                new ModelStep(choice, version, decode, encode(fields.optional("encode"), decode));
        fields.rejectUnknown();
        return step;
    }

    private static ModelChoice choice(Fields fields, boolean written) {
        Value select = fields.optional("select");
        Value of = fields.optional("of");
        if (!select.isPresent()) {
            if (of.isPresent()) {
                of.problem("'of' lists what 'select' may name; without it use 'name'");
            }
            return new OneModel(name(fields, written).name("model"));
        }
        if (fields.declares("name")) {
            select.problem("only one of name, select is allowed");
        }
        String selector = select.filledText();
        TopicTemplate.problem(selector)
                .or(() -> problemOfAnswers(TopicTemplate.parse(selector)))
                .ifPresent(select::problem);
        List<Value> items = fields.required("of").filledItems();
        Value.refuseDuplicates("model", items);
        return new SelectedModel(selector, items.stream().map(item -> item.name("model")).toList());
    }

    private static Optional<String> problemOfAnswers(TopicTemplate selector) {
        boolean hasAnswers =
                selector.parts().stream()
                        .anyMatch(part ->
                                part instanceof TopicTemplate.AnswerValue value
                                        && !value.isLabel());
        return hasAnswers
                ? Optional.of("a model is chosen before there is an answer: no {answer.NAME} here")
                : Optional.empty();
    }

    private static Value name(Fields fields, boolean written) {
        return written ? fields.required("name") : fields.optional("name");
    }

    private static VersionRef version(Value value) {
        String text = value.looseText().strip();
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            boolean good = text.length() <= 9 && Integer.parseInt(text) > 0;
            if (!good) {
                value.problem("must be from 1 to " + ModelCodec.MAX_VERSION + ", was " + text);
                return new VersionRef.Serving();
            }
        }
        return VersionRef.parse(text);
    }

    private static EncodeSpec encode(Value value, Optional<DecodeSpec> decode) {
        Fields fields = value.fields();
        EncodeSpec.Format format =
                fields.optional("format")
                        .choice("encode format", ENCODE_FORMATS, LATER_ENCODE_FORMATS);
        Value labels = fields.optional("labels");
        Value top = fields.optional("top");
        Value echo = fields.optional("echo");
        Value template = fields.optional("template");
        var spec =
                new EncodeSpec(
                        format,
                        labels.items().stream().map(Value::filledLooseText).toList(),
                        top.isPresent() ? top.integer(0, MAX_TOP) : 0,
                        echo.texts(),
                        template.isPresent()
                                ? Optional.of(template.filledText())
                                : Optional.empty());
        spec.template().ifPresent(text -> checkTemplate(template, text, spec, decode));
        if (format == EncodeSpec.Format.RAW) {
            for (Value extra : List.of(labels, top, echo, template)) {
                if (extra.isPresent()) {
                    extra.problem(
                            "format raw holds numbers only: no labels, top, echo or template");
                }
            }
        } else if (template.isPresent()) {
            for (Value extra : List.of(top, echo)) {
                if (extra.isPresent()) {
                    extra.problem("a template says all that the answer holds: no top or echo");
                }
            }
        }
        fields.rejectUnknown();
        return spec;
    }

    private static void checkTemplate(
            Value template, String text, EncodeSpec spec, Optional<DecodeSpec> decode) {
        Optional<String> problem = AnswerTemplate.problem(text);
        if (problem.isPresent() || text.isBlank()) {
            problem.ifPresent(template::problem);
            return;
        }
        AnswerTemplate parsed = AnswerTemplate.parse(text);
        if (parsed.needsLabels() && spec.labels().isEmpty()) {
            template.problem("{{label}} needs 'labels', the names of the output's elements");
        }
        Optional<DecodeSpec> withoutFields =
                decode.filter(each -> !AnswerTemplate.canReadFields(each.format()));
        if (parsed.needsFields() && withoutFields.isPresent()) {
            template.problem(
                    "{{field.NAME}} needs fields, and %s payloads have none"
                            .formatted(Words.word(withoutFields.get().format())));
        }
    }

    MapNode write(Step step) {
        return switch (step) {
            case FunctionStep(var name, var args) ->
                    Node.map()
                            .put(
                                    "function",
                                    Node.map()
                                            .put("name", name.value())
                                            .put("args", Trees.textMap(args))
                                            .build())
                            .build();
            case ModelStep model -> Node.map().put("model", write(model)).build();
            case PredictStep(var model, var version) -> {
                var map = Node.map().put("model", model.value());
                write(version, map);
                yield Node.map().put("predict", map.build()).build();
            }
            case WindowStep window -> Node.map().put("window", WindowCodec.write(window)).build();
        };
    }

    private static MapNode write(ModelStep step) {
        var map = Node.map();
        switch (step.choice()) {
            case OneModel(var name) -> map.put("name", name.value());
            case SelectedModel(var selector, var of) ->
                    map.put("select", selector)
                            .put("of", Node.texts(of.stream().map(ResourceName::value).toList()));
        }
        write(step.version(), map);
        step.decode().ifPresent(decode -> map.put("decode", DecodeCodec.write(decode)));
        return map.put("encode", write(step.encode())).build();
    }

    private static void write(VersionRef reference, Node.MapBuilder map) {
        switch (reference) {
            case VersionRef.Serving() -> {}
            case VersionRef.Numbered(int version) -> map.put("version", version);
            case VersionRef.Alias(String alias) -> map.put("version", alias);
        }
    }

    private static MapNode write(EncodeSpec encode) {
        var map = Node.map().put("format", Words.word(encode.format()));
        if (encode.format() == EncodeSpec.Format.RAW) {
            return map.build();
        }
        if (encode.template().isPresent()) {
            if (!encode.labels().isEmpty()) {
                map.put("labels", Node.texts(encode.labels()));
            }
            return map.put("template", encode.template().get()).build();
        }
        return map.put("labels", Node.texts(encode.labels()))
                .put("top", encode.top())
                .put("echo", Node.texts(encode.echo()))
                .build();
    }
}
