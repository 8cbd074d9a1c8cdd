package io.millrace.codec;

import io.millrace.api.ImageSpec;
import io.millrace.api.ImageSpec.Colour;
import io.millrace.api.ImageSpec.Inversion;
import io.millrace.api.ImageSpec.Layout;
import io.millrace.api.ImageSpec.Resize;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code image} of a {@code decode}. */
final class ImageCodec {

    private static final int MOST_PIXELS = 8192;
    private static final double WHITE = 255;

    private static final Map<String, Colour> COLOURS = Words.of(Colour.values());
    private static final Map<String, Resize> RESIZES = Words.of(Resize.values());
    private static final Map<String, Layout> LAYOUTS = Words.of(Layout.values());
    private static final Map<String, Inversion> INVERSIONS = Words.of(Inversion.values());
    private static final Map<String, Boolean> CROPS = crops();
    private static final Map<String, Preset> PRESETS = presets();

    private ImageCodec() {}

    /** What the networks of a library were trained with; for values of 0 to 255. */
    private record Preset(Colour colour, List<Double> mean, List<Double> deviation) {}

    private static Map<String, Preset> presets() {
        var presets = new LinkedHashMap<String, Preset>();
        presets.put(
                "caffe",
                new Preset(Colour.BGR, List.of(103.939, 116.779, 123.68), List.of(1.0, 1.0, 1.0)));
        presets.put(
                "tf",
                new Preset(Colour.RGB, List.of(127.5, 127.5, 127.5), List.of(127.5, 127.5, 127.5)));
        presets.put(
                "torch",
                new Preset(
                        Colour.RGB,
                        List.of(0.485 * WHITE, 0.456 * WHITE, 0.406 * WHITE),
                        List.of(0.229 * WHITE, 0.224 * WHITE, 0.225 * WHITE)));
        return presets;
    }

    private static Map<String, Boolean> crops() {
        var crops = new LinkedHashMap<String, Boolean>();
        crops.put("none", false);
        crops.put("centre", true);
        return crops;
    }

    static ImageSpec read(Value image) {
        Fields fields = image.fields();
        Value named = fields.optional("preset");
        Value colour = fields.optional("colour");
        Preset preset = named.isPresent() ? named.choice("preset", PRESETS, Set.of()) : null;
        Colour chosen =
                preset != null && !colour.isPresent()
                        ? preset.colour()
                        : colour.choice("colour", COLOURS, Set.of());
        int height = fields.required("height").integer(1, MOST_PIXELS);
        int width = fields.required("width").integer(1, MOST_PIXELS);
        Inversion inversion = inversion(fields);
        Resize resize = fields.optional("resize").choice("resize", RESIZES, Set.of());
        boolean isCropped = fields.optional("crop").choice("crop", CROPS, Set.of());
        Layout layout = fields.optional("layout").choice("layout", LAYOUTS, Set.of());
        Value mean = fields.optional("mean");
        Value deviation = fields.optional("deviation");
        List<Double> means = numbers(mean, chosen, preset == null ? null : preset.mean());
        List<Double> deviations =
                numbers(deviation, chosen, preset == null ? null : preset.deviation());
        fields.rejectUnknown();
        if (preset != null && (mean.isPresent() || deviation.isPresent())) {
            named.problem("a preset says mean and deviation; leave one of them out");
        }
        if (preset != null && chosen != preset.colour()) {
            colour.problem(
                    "the preset was made for " + Words.word(preset.colour()) + "; leave it out");
        }
        if (deviations.contains(0.0)) {
            deviation.problem("a deviation of 0 would divide by it");
        }
        return new ImageSpec(
                height, width, chosen, inversion, resize, isCropped, layout, means, deviations);
    }

    private static Inversion inversion(Fields fields) {
        Value inverted = fields.optional("inverted");
        Value invert = fields.optional("invert");
        if (!invert.isPresent()) {
            return inverted.bool(false) ? Inversion.YES : Inversion.NO;
        }
        if (inverted.isPresent()) {
            invert.problem("only one of invert, inverted is allowed");
        }
        return invert.choice("invert", INVERSIONS, Set.of());
    }

    /** One number for all channels, or one for each. */
    private static List<Double> numbers(
            Value value, Colour colour, @Nullable List<Double> otherwise) {
        if (!value.isPresent()) {
            return otherwise == null ? List.of() : otherwise;
        }
        var numbers = new ArrayList<Double>();
        for (Value item : value.items()) {
            numbers.add(item.decimal());
        }
        if (numbers.size() == 1 && colour.channels() > 1) {
            return List.of(numbers.getFirst(), numbers.getFirst(), numbers.getFirst());
        }
        if (numbers.size() != colour.channels()) {
            value.problem(
                    "expected one number, or one for each of the %d channels, got %d"
                            .formatted(colour.channels(), numbers.size()));
        }
        return numbers;
    }

    static MapNode write(ImageSpec image) {
        var map =
                Node.map()
                        .put("height", image.height())
                        .put("width", image.width())
                        .put("colour", Words.word(image.colour()));
        if (image.inversion() == Inversion.AUTO) {
            map.put("invert", Words.word(image.inversion()));
        } else {
            map.put("inverted", image.isInverted());
        }
        if (image.resize() != Resize.AREA) {
            map.put("resize", Words.word(image.resize()));
        }
        if (image.isCropped()) {
            map.put("crop", "centre");
        }
        if (image.layout() != Layout.CHANNELS_LAST) {
            map.put("layout", Words.word(image.layout()));
        }
        put(map, "mean", image.mean());
        put(map, "deviation", image.deviation());
        return map.build();
    }

    private static void put(Node.MapBuilder map, String name, List<Double> numbers) {
        if (!numbers.isEmpty()) {
            map.put(
                    name,
                    Node.list(
                            numbers.stream()
                                    .map(each -> Node.number(each.doubleValue()))
                                    .toList()));
        }
    }
}
