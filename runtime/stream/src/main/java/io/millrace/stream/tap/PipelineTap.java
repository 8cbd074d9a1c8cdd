package io.millrace.stream.tap;

/** Who looks at a pipeline now. */
public final class PipelineTap {

    private static final Viewer[] NOBODY = {};

    private volatile Viewer[] viewers = NOBODY;

    /** Those who look on; not to be written to. One volatile read. */
    public Viewer[] viewers() {
        return viewers;
    }

    synchronized void add(Viewer viewer) {
        Viewer[] more = java.util.Arrays.copyOf(viewers, viewers.length + 1);
        more[viewers.length] = viewer;
        viewers = more;
    }

    synchronized void remove(Viewer viewer) {
        viewers =
                java.util.Arrays.stream(viewers)
                        .filter(other -> other != viewer)
                        .toArray(Viewer[]::new);
    }
}
