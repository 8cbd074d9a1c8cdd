package io.millrace.api;

import java.util.List;

/**
 * What a picture becomes before its pixels are numbers.
 *
 * @param height in pixels that it is scaled to
 * @param width in pixels that it is scaled to
 * @param colour which channels there are
 * @param inversion whether black becomes white
 * @param resize how it is scaled
 * @param isCropped whether what is too wide or too high is cut off on both sides, so that nothing
 *     is stretched
 * @param layout where the channels stand
 * @param mean is taken from values of 0 to 255, one for each channel; empty for nothing
 * @param deviation by which the rest is divided, one for each channel; empty for 1
 */
public record ImageSpec(
        int height,
        int width,
        Colour colour,
        Inversion inversion,
        Resize resize,
        boolean isCropped,
        Layout layout,
        List<Double> mean,
        List<Double> deviation) {

    public ImageSpec {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
    }

    /** Scaled by area, with its channels last and its values as they are. */
    public ImageSpec(int height, int width, Colour colour, boolean isInverted) {
        this(
                height,
                width,
                colour,
                isInverted ? Inversion.YES : Inversion.NO,
                Resize.AREA,
                false,
                Layout.CHANNELS_LAST,
                List.of(),
                List.of());
    }

    /** Whether black always becomes white. */
    public boolean isInverted() {
        return inversion == Inversion.YES;
    }

    /** Whether black becomes white. */
    public enum Inversion {
        NO,
        YES,
        /** When the border of the picture is light, for models that know light ink on dark. */
        AUTO
    }

    /** How a picture is scaled. */
    public enum Resize {
        /** Each pixel is the mean of the area that it covers. */
        AREA,
        /** Between the four nearest pixels, with centres at halves and without a wider filter. */
        BILINEAR,
        /** The nearest pixel. */
        NEAREST
    }

    /** Where the channels of a picture stand. */
    public enum Layout {
        /** Height, width, channels. */
        CHANNELS_LAST,
        /** Channels, height, width. */
        CHANNELS_FIRST
    }

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
