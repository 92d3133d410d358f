package io.karu.page;

import io.karu.api.inspection.Finding;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RadialGradientPaint;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures that look like boards, with defects and their heat map. */
final class Boards {
    private static final int SIZE = 640;

    record Board(byte[] image, byte[] heatMap, List<Finding> findings) {}

    private Boards() {}

    static Board board(int seed, int defects) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage heat = new BufferedImage(SIZE / 4, SIZE / 4, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setColor(new Color(24, 24, 24));
        g.fillRect(0, 0, SIZE, SIZE);
        g.setColor(new Color(225, 225, 225));
        g.setStroke(new BasicStroke(11, BasicStroke.CAP_ROUND, BasicStroke.JOIN_MITER));
        for (int i = 0; i < 9; i++) {
            int y = 40 + i * 66;
            int bend = 120 + random.nextInt(380);
            g.drawPolyline(
                    new int[] {20, bend, bend + 40, SIZE - 20},
                    new int[] {y, y, y + 30, y + 30},
                    4);
            g.fillOval(bend - 60, y - 16, 32, 32);
        }
        List<Finding> findings = new ArrayList<>();
        Graphics2D h = heat.createGraphics();
        for (int i = 0; i < defects; i++) {
            int x = 60 + random.nextInt(500);
            int y = 60 + random.nextInt(500);
            int w = 18 + random.nextInt(26);
            g.fillOval(x, y, w, w - 4);
            h.setPaint(
                    new RadialGradientPaint(
                            (x + w / 2f) / 4,
                            (y + w / 2f) / 4,
                            w / 3f,
                            new float[] {0, 1},
                            new Color[] {Color.WHITE, Color.BLACK}));
            h.fillOval((x - w / 2) / 4, (y - w / 2) / 4, w / 2, w / 2);
            findings.add(new Finding("defect", x - 8, y - 8, w + 16, w + 12, 0.97 - 0.13 * i));
        }
        return new Board(png(image), png(heat), findings);
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
