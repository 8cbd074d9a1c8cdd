package io.millrace.drift;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.DriftReport.Part;
import java.util.ArrayList;
import java.util.List;

/**
 * Which numbers of a call are followed. Of a tensor with few elements for each item, each; of a
 * larger one, such as a picture, or one of open size, its mean, least, largest and share of zeros;
 * of strings, how long they are. Of predictions that look like those of a classifier, also the
 * class.
 */
final class FeatureLayout {

    /** Inputs beyond so many elements are summed up. */
    static final int MOST_INPUT_ELEMENTS = 32;

    /** Predictions beyond so many elements are summed up. */
    static final int MOST_OUTPUT_ELEMENTS = 16;

    /** More inputs and outputs than that are not followed. */
    static final int MOST_TENSORS = 16;

    private static final int SUMMARY = 4;

    private final String signature;
    private final boolean isBatched;
    private final List<Group> groups;
    private final List<Feature> features;

    private FeatureLayout(String signature, boolean isBatched, List<Group> groups) {
        this.signature = signature;
        this.isBatched = isBatched;
        this.groups = List.copyOf(groups);
        var all = new ArrayList<Feature>();
        groups.forEach(group -> group.addFeatures(all));
        this.features = List.copyOf(all);
    }

    /** How the elements of one tensor become features. */
    private enum Way {
        EACH,
        SUMMARY,
        /** A whole number that names a class. */
        CLASS,
        /** Elements of which the largest names a class. */
        SCORES
    }

    /**
     * The features of one tensor.
     *
     * @param part of what
     * @param index of the tensor among inputs or outputs
     * @param name of the tensor
     * @param way how its elements become features
     * @param elements of an item, where they are followed one by one
     */
    private record Group(Part part, int index, String name, Way way, int elements) {

        void addFeatures(List<Feature> out) {
            switch (way) {
                case EACH -> addEach(out);
                case SUMMARY -> addSummary(out);
                case CLASS -> out.add(new Feature(part, name, Feature.Kind.CLASS));
                case SCORES -> {
                    if (elements <= MOST_OUTPUT_ELEMENTS) {
                        addEach(out);
                    } else {
                        addSummary(out);
                    }
                    out.add(new Feature(part, name + ".class", Feature.Kind.CLASS));
                }
            }
        }

        private void addEach(List<Feature> out) {
            for (int i = 0; i < elements; i++) {
                String shown = elements == 1 ? name : name + "[" + i + "]";
                out.add(new Feature(part, shown, Feature.Kind.NUMBER));
            }
        }

        private void addSummary(List<Feature> out) {
            for (String what : List.of("mean", "min", "max", "zeros")) {
                out.add(new Feature(part, name + "." + what, Feature.Kind.NUMBER));
            }
        }
    }

    /** The layout for calls of a signature. */
    static FeatureLayout of(Signature signature) {
        var groups = new ArrayList<Group>();
        add(groups, Part.INPUT, signature.inputs(), MOST_INPUT_ELEMENTS);
        add(groups, Part.PREDICTION, signature.outputs(), MOST_OUTPUT_ELEMENTS);
        Shape first = signature.inputs().isEmpty() ? Shape.of() : signature.inputs().get(0).shape();
        boolean isBatched =
                first.rank() > 0 && (first.extent(0) == Shape.ANY || first.extent(0) == 1);
        return new FeatureLayout(signature.name(), isBatched, groups);
    }

    private static void add(List<Group> groups, Part part, List<TensorSpec> specs, int most) {
        long left = most;
        for (int i = 0; i < Math.min(specs.size(), MOST_TENSORS); i++) {
            TensorSpec spec = specs.get(i);
            long elements = elements(spec.shape());
            Way way = elements >= 1 && elements <= left ? Way.EACH : Way.SUMMARY;
            left -= way == Way.EACH ? elements : 0;
            if (part == Part.PREDICTION && spec.type() != DataType.BYTES) {
                if (elements == 1 && !spec.type().isFloat()) {
                    way = Way.CLASS;
                } else if (elements > 1 && spec.shape().rank() == 2) {
                    way = Way.SCORES;
                }
            }
            groups.add(new Group(part, i, spec.name(), way, (int) Math.min(elements, 1 << 20)));
        }
    }

    /** How many elements an item has; -1 when that is open. */
    private static long elements(Shape shape) {
        long elements = 1;
        for (int axis = 1; axis < shape.rank(); axis++) {
            if (shape.extent(axis) == Shape.ANY) {
                return -1;
            }
            elements *= shape.extent(axis);
        }
        return elements;
    }

    /** The name of the signature whose calls fit. */
    String signature() {
        return signature;
    }

    List<Feature> features() {
        return features;
    }

    /** How many items a call has. */
    int items(List<Tensor> inputs) {
        if (!isBatched || inputs.isEmpty() || inputs.getFirst().shape().rank() == 0) {
            return 1;
        }
        return (int) inputs.getFirst().shape().extent(0);
    }

    /**
     * The numbers of one item, in the order of the features. What an item does not have is no
     * finite number.
     */
    void extract(List<Tensor> inputs, List<Tensor> outputs, int items, int item, double[] into) {
        int at = 0;
        for (Group group : groups) {
            List<Tensor> tensors = group.part() == Part.INPUT ? inputs : outputs;
            ItemTensor values = ItemTensor.of(tensors.get(group.index()), items, item);
            at = extract(group, values, into, at);
        }
    }

    private static int extract(Group group, ItemTensor values, double[] into, int at) {
        return switch (group.way()) {
            case EACH -> each(group, values, into, at);
            case SUMMARY -> summary(values, into, at);
            case CLASS -> {
                into[at] = values.count() == 0 ? Double.NaN : values.get(0);
                yield at + 1;
            }
            case SCORES -> {
                int next =
                        group.elements() <= MOST_OUTPUT_ELEMENTS
                                ? each(group, values, into, at)
                                : summary(values, into, at);
                into[next] = values.predictedClass();
                yield next + 1;
            }
        };
    }

    private static int each(Group group, ItemTensor values, double[] into, int at) {
        for (int i = 0; i < group.elements(); i++) {
            into[at + i] = i < values.count() ? values.get(i) : Double.NaN;
        }
        return at + group.elements();
    }

    private static int summary(ItemTensor values, double[] into, int at) {
        double sum = 0;
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        long zeros = 0;
        for (long i = 0; i < values.count(); i++) {
            double value = values.get(i);
            sum += value;
            min = Math.min(min, value);
            max = Math.max(max, value);
            zeros += value == 0 ? 1 : 0;
        }
        into[at] = sum / values.count();
        into[at + 1] = min;
        into[at + 2] = max;
        into[at + 3] = (double) zeros / values.count();
        return at + SUMMARY;
    }
}
