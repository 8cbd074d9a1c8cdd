package io.millrace.management.http;

import java.util.ArrayList;
import java.util.List;

/**
 * How well one class is told from the others.
 *
 * @param label of the class
 * @param samples how many truly are of it
 * @param precision which share of the answers that name it are right; 0 when none does
 * @param recall which share of its samples is found; 0 when there are none
 */
record ClassQuality(String label, long samples, double precision, double recall) {

    /** Of a matrix of counts by true class (row) and answer (column). */
    static List<ClassQuality> of(List<List<Long>> confusion, List<String> labels) {
        var qualities = new ArrayList<ClassQuality>();
        for (int i = 0; i < confusion.size(); i++) {
            long right = confusion.get(i).get(i);
            long samples = 0;
            long answers = 0;
            for (int j = 0; j < confusion.size(); j++) {
                samples += confusion.get(i).get(j);
                answers += confusion.get(j).get(i);
            }
            qualities.add(
                    new ClassQuality(
                            i < labels.size() ? labels.get(i) : Integer.toString(i),
                            samples,
                            share(right, answers),
                            share(right, samples)));
        }
        return qualities;
    }

    private static double share(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
