package io.millrace.kafkaml;

import io.millrace.api.MillraceException;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Draws a confusion matrix: rows are true classes, each cell the share of its row. */
final class ConfusionPicture {

    private static final int LARGEST = 1_600;
    private static final int MARGIN = 60;
    private static final int MAX_CLASSES = 200;

    private ConfusionPicture() {}

    static byte[] png(List<List<Long>> counts, List<String> labels) {
        int classes = counts.size();
        if (classes > MAX_CLASSES) {
            throw MillraceException.invalid(
                    "a picture of %d classes could not be read; get the numbers instead"
                            .formatted(classes));
        }
        int cell = Math.max(6, Math.min(60, LARGEST / classes));
        int size = MARGIN + cell * classes + 10;
        var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setRenderingHint(
                    RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, size, size);
            for (int row = 0; row < classes; row++) {
                drawRow(canvas, counts.get(row), row, cell);
            }
            drawLabels(canvas, classes, labels, cell);
        } finally {
            canvas.dispose();
        }
        var out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw MillraceException.internal("the picture cannot be written", e);
        }
        return out.toByteArray();
    }

    private static void drawRow(Graphics2D canvas, List<Long> counts, int row, int cell) {
        long sum = Math.max(1, counts.stream().mapToLong(Long::longValue).sum());
        for (int column = 0; column < counts.size(); column++) {
            double share = (double) counts.get(column) / sum;
            int x = MARGIN + column * cell;
            int y = MARGIN + row * cell;
            canvas.setColor(shade(share));
            canvas.fillRect(x, y, cell, cell);
            if (cell >= 28) {
                canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, cell / 4));
                canvas.setColor(share > 0.5 ? Color.WHITE : Color.BLACK);
                canvas.drawString(
                        String.format(Locale.ROOT, "%.2f", share), x + cell / 5, y + cell * 3 / 5);
            }
        }
    }

    /** From white to dark blue. */
    private static Color shade(double share) {
        return new Color(
                (int) Math.round(247 - share * 239),
                (int) Math.round(251 - share * 203),
                (int) Math.round(255 - share * 148));
    }

    private static void drawLabels(Graphics2D canvas, int classes, List<String> labels, int cell) {
        canvas.setColor(Color.BLACK);
        canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, Math.min(14, cell)));
        for (int i = 0; i < classes; i++) {
            String label = i < labels.size() ? labels.get(i) : Integer.toString(i);
            String shown = label.length() > 7 ? label.substring(0, 6) + "…" : label;
            canvas.drawString(shown, 5, MARGIN + i * cell + cell * 3 / 5);
            canvas.drawString(shown, MARGIN + i * cell + cell / 4, MARGIN - 8);
        }
    }
}
