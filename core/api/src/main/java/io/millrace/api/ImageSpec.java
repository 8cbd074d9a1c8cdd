package io.millrace.api;

/**
 * What a picture becomes before its pixels are numbers.
 *
 * @param height in pixels that it is scaled to
 * @param width in pixels that it is scaled to
 * @param colour which channels there are
 * @param isInverted whether black becomes white
 */
public record ImageSpec(int height, int width, Colour colour, boolean isInverted) {

    /** Which channels a picture has, and in which order. */
    public enum Colour {
        GREY(1),
        RGB(3),
        BGR(3);

        private final int channels;

        Colour(int channels) {
            this.channels = channels;
        }

        /** How many numbers a pixel has. */
        public int channels() {
            return channels;
        }
    }
}
