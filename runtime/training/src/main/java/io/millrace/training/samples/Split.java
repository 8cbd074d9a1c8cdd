package io.millrace.training.samples;

import io.millrace.api.SplitSpec;
import io.millrace.api.SplitSpec.Order;
import io.millrace.api.tensor.TensorSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Divides samples into parts and writes the numbers of their rows. The order of all rows is kept in
 * a file too, so that memory does not grow with the number of samples.
 *
 * @param train how many samples train
 * @param validation how many are looked at after each epoch
 * @param test how many judge at the end
 * @param order how they were put in order in fact
 */
record Split(long train, long validation, long test, Order order) {

    private static final String RANDOM = "L64X128MixRandom";
    private static final String ORDER_FILE = "order.tmp";
    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** How many samples each part has, as senders of this kind have always counted. */
    static Split counts(SplitSpec spec, long rows) {
        double v = spec.validation();
        double t = spec.test();
        long train = (long) ((1 - (v + t)) * rows);
        long test = (long) (t * rows);
        return new Split(train, rows - train - test, test, spec.order());
    }

    /**
     * Writes the three index files.
     *
     * @param divided which rows are divided; all others are learned from, ahead of these
     * @param labels the array of labels, as it is on disk
     */
    static Split write(
            Path folder, SplitSpec spec, DividedRows divided, TensorSpec label, Path labels)
            throws IOException {
        Split counts = counts(spec, divided.count());
        Order order = counts.writeParts(folder, spec, divided, label, labels);
        long others = divided.rows() - divided.count();
        return new Split(counts.train + others, counts.validation, counts.test, order);
    }

    private Order writeParts(
            Path folder, SplitSpec spec, DividedRows divided, TensorSpec label, Path labels)
            throws IOException {
        if (spec.order() == Order.AS_SENT) {
            writeInOrder(folder, divided);
            return Order.AS_SENT;
        }
        long rows = divided.count();
        Path orderFile = folder.resolve(ORDER_FILE);
        long begin = identity(orderFile, divided);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel =
                        FileChannel.open(
                                orderFile, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileChannel labelChannel = FileChannel.open(labels, StandardOpenOption.READ)) {
            MemorySegment order =
                    channel.map(FileChannel.MapMode.READ_WRITE, begin, rows * Long.BYTES, arena);
            shuffle(order, rows, RandomGeneratorFactory.of(RANDOM).create(spec.seed()));
            if (spec.order() == Order.STRATIFIED) {
                long rowBytes = label.shape().elementsPerItem() * label.type().bytes();
                long bytes = divided.rows() * rowBytes;
                MemorySegment values =
                        labelChannel.map(
                                FileChannel.MapMode.READ_ONLY,
                                labelChannel.size() - bytes,
                                bytes,
                                arena);
                var keys = new Labels(values, label.type(), rowBytes);
                ClassCounts classes = classes(keys, order, rows);
                if (classes.size() > 0) {
                    writeStratified(folder, order, divided, keys, classes);
                    return Order.STRATIFIED;
                }
            }
            writeShuffled(folder, order, divided);
            return Order.SHUFFLED;
        } finally {
            Files.deleteIfExists(orderFile);
        }
    }

    /** All rows in order; written rather than mapped, so that a full disk is told as such. */
    private static long identity(Path file, DividedRows divided) throws IOException {
        try (var writer = new IndexWriter(file)) {
            divided.forEach(writer::add);
            writer.finish();
            return writer.headerBytes();
        }
    }

    private static void shuffle(MemorySegment order, long rows, RandomGenerator random) {
        for (long i = rows - 1; i > 0; i--) {
            long j = random.nextLong(i + 1);
            long kept = order.getAtIndex(INT64, i);
            order.setAtIndex(INT64, i, order.getAtIndex(INT64, j));
            order.setAtIndex(INT64, j, kept);
        }
    }

    /** None when labels are values rather than classes. */
    private static ClassCounts classes(Labels labels, MemorySegment order, long rows) {
        var classes = new ClassCounts();
        for (long i = 0; i < rows; i++) {
            long row = order.getAtIndex(INT64, i);
            if (labels.hasFraction(row) || !classes.count(labels.key(row))) {
                return new ClassCounts();
            }
        }
        return classes;
    }

    private void writeInOrder(Path folder, DividedRows divided) throws IOException {
        try (IndexWriter toTrain = train(folder, divided);
                IndexWriter toTest = Part.TEST.create(folder);
                IndexWriter toValidate = Part.VALIDATION.create(folder)) {
            long[] place = {0};
            divided.forEach(row -> {
                long at = place[0]++;
                if (at < train) {
                    toTrain.add(row);
                } else if (at < train + test) {
                    toTest.add(row);
                } else {
                    toValidate.add(row);
                }
            });
            toTrain.finish();
            toTest.finish();
            toValidate.finish();
        }
    }

    private void writeShuffled(Path folder, MemorySegment order, DividedRows divided)
            throws IOException {
        long at = 0;
        for (Part part : Part.values()) {
            try (IndexWriter writer =
                    part == Part.TRAIN ? train(folder, divided) : part.create(folder)) {
                for (long end = at + part.count(this); at < end; at++) {
                    writer.add(order.getAtIndex(INT64, at));
                }
                writer.finish();
            }
        }
    }

    /** The rows to learn from begin with those that are not divided. */
    @SuppressWarnings("MustBeClosedChecker") // the caller does
    private static IndexWriter train(Path folder, DividedRows divided) throws IOException {
        IndexWriter writer = Part.TRAIN.create(folder);
        divided.forEachOther(writer::add);
        return writer;
    }

    private void writeStratified(
            Path folder,
            MemorySegment order,
            DividedRows divided,
            Labels labels,
            ClassCounts classes)
            throws IOException {
        long[][] left = shares(classes);
        long rows = divided.count();
        try (IndexWriter train = train(folder, divided);
                IndexWriter test = Part.TEST.create(folder);
                IndexWriter validation = Part.VALIDATION.create(folder)) {
            for (long i = 0; i < rows; i++) {
                long row = order.getAtIndex(INT64, i);
                long[] ofClass = left[classes.number(labels.key(row))];
                if (ofClass[0] > 0) {
                    ofClass[0]--;
                    train.add(row);
                } else if (ofClass[1] > 0) {
                    ofClass[1]--;
                    test.add(row);
                } else {
                    validation.add(row);
                }
            }
            train.finish();
            test.finish();
            validation.finish();
        }
    }

    /**
     * How many samples of each class train and test. Classes stand in a row; whichever part is
     * furthest behind its share of the row takes the next place. So each class is divided as evenly
     * as whole samples allow, and the sums are exact.
     */
    private long[][] shares(ClassCounts classes) {
        long[][] shares = new long[classes.size()][2];
        long[] wanted = {train, test, validation};
        double all = train + test + validation;
        long[] given = new long[3];
        long place = 0;
        for (int number = 0; number < classes.size(); number++) {
            for (long i = 0; i < classes.count(number); i++) {
                place++;
                int chosen = furthestBehind(wanted, given, place / all);
                given[chosen]++;
                if (chosen < 2) {
                    shares[number][chosen]++;
                }
            }
        }
        return shares;
    }

    private static int furthestBehind(long[] wanted, long[] given, double progress) {
        int chosen = -1;
        double most = 0;
        for (int part = 0; part < wanted.length; part++) {
            double behind = wanted[part] * progress - given[part];
            if (given[part] < wanted[part] && (chosen < 0 || behind > most)) {
                chosen = part;
                most = behind;
            }
        }
        return chosen;
    }

    /** In the order in which they stand when samples keep theirs. */
    private enum Part {
        TRAIN(SampleSet.TRAIN),
        TEST(SampleSet.TEST),
        VALIDATION(SampleSet.VALIDATION);

        private final String file;

        Part(String file) {
            this.file = file;
        }

        IndexWriter create(Path folder) throws IOException {
            return new IndexWriter(folder.resolve(file));
        }

        long count(Split split) {
            return switch (this) {
                case TRAIN -> split.train();
                case TEST -> split.test();
                case VALIDATION -> split.validation();
            };
        }
    }
}
