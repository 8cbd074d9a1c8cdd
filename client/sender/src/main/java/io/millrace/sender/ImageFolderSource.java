package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * Pictures in folders, each of which is a class. The first one says how large they are and whether
 * they have colours; others are scaled to that.
 */
final class ImageFolderSource implements SampleSource {

    private record Picture(Path file, String label) {}

    private final List<Picture> pictures;
    private final Labels labels;
    private final int height;
    private final int width;
    private final boolean isGrey;
    private int given;

    private ImageFolderSource(
            List<Picture> pictures, Labels labels, int height, int width, boolean isGrey) {
        this.pictures = pictures;
        this.labels = labels;
        this.height = height;
        this.width = width;
        this.isGrey = isGrey;
    }

    static ImageFolderSource open(Path folder) throws IOException {
        var pictures = new ArrayList<Picture>();
        var classes = new TreeSet<String>();
        try (Stream<Path> folders = Files.list(folder)) {
            for (Path each : folders.filter(Files::isDirectory).sorted().toList()) {
                try (Stream<Path> files = Files.list(each)) {
                    String label = each.getFileName().toString();
                    for (Path file : files.filter(ImageFolderSource::isPicture).sorted().toList()) {
                        pictures.add(new Picture(file, label));
                        classes.add(label);
                    }
                }
            }
        }
        if (pictures.isEmpty()) {
            throw MillraceException.invalid(
                    folder
                            + " holds no pictures; expected a folder for each class with .png, .jpg or .bmp files in it");
        }
        BufferedImage first = read(pictures.getFirst().file());
        return new ImageFolderSource(
                pictures,
                Labels.counted(classes),
                first.getHeight(),
                first.getWidth(),
                first.getRaster().getNumBands() == 1);
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Stream.of(".png", ".jpg", ".jpeg", ".bmp").anyMatch(name::endsWith);
    }

    private static BufferedImage read(Path file) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        if (image == null) {
            throw MillraceException.invalid(file + " is no picture that can be read");
        }
        return image;
    }

    @Override
    public Encoding.Raw encoding() {
        return new Encoding.Raw(
                NumberType.UINT8,
                isGrey ? List.of(height, width) : List.of(height, width, 3),
                labels.type(),
                List.of());
    }

    @Override
    public long count() {
        return pictures.size();
    }

    @Override
    public List<String> notes() {
        return labels.notes();
    }

    @Override
    public @Nullable Sample next() throws IOException {
        if (given == pictures.size()) {
            return null;
        }
        Picture picture = pictures.get(given++);
        return new Sample(labels.bytes(picture.label()), pixels(read(picture.file())));
    }

    private byte[] pixels(BufferedImage image) {
        boolean fits = image.getHeight() == height && image.getWidth() == width;
        boolean plainGrey =
                image.getRaster().getNumBands() == 1
                        && image.getRaster().getSampleModel().getSampleSize(0) == 8;
        if (isGrey && fits && plainGrey) {
            return bytes(image.getRaster().getSamples(0, 0, width, height, 0, (int[]) null));
        }
        int kind = isGrey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
        var drawn = new BufferedImage(width, height, kind);
        var canvas = drawn.createGraphics();
        try {
            canvas.setRenderingHint(
                    RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            canvas.drawImage(image, 0, 0, width, height, null);
        } finally {
            canvas.dispose();
        }
        return bytes(drawn.getRaster().getPixels(0, 0, width, height, (int[]) null));
    }

    private static byte[] bytes(int[] numbers) {
        var bytes = new byte[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            bytes[i] = (byte) numbers[i];
        }
        return bytes;
    }

    @Override
    public void close() {
        // Each picture is open only while it is read.
    }
}
