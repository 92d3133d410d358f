package io.karu.vision.board;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One board design: copper shapes, holes in them, and the traces' segments.
 *
 * @param copper filled black, in order
 * @param holes filled white after the copper
 * @param segments straight pieces of traces
 */
record Design(List<Shape> copper, List<Shape> holes, List<Segment> segments) {
    static final Color COPPER = Color.BLACK;
    static final Color LAMINATE = Color.WHITE;

    private static final int SIZE = BoardGenerator.SIZE;
    private static final int PITCH = 64;

    /** A straight piece of a trace. */
    record Segment(Point2D from, Point2D to, double width) {}

    static Design random(SplittableRandom random) {
        Design design = new Design(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        boolean upright = random.nextBoolean();
        double offset = random.nextDouble(20, PITCH);
        for (double lane = offset; lane < SIZE - 8; lane += random.nextDouble(0.65, 1.15) * PITCH) {
            switch (random.nextInt(5)) {
                case 0 -> design.addPads(lane, upright, random);
                case 1 -> design.addJoints(lane, upright, random);
                default -> design.addTrace(lane, upright, random);
            }
        }
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            design.addIsland(random);
        }
        return design;
    }

    /** Draws the design, smooth-edged, under a transform. */
    BufferedImage draw(AffineTransform transform) {
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = graphics(image);
        graphics.setColor(LAMINATE);
        graphics.fillRect(0, 0, SIZE, SIZE);
        graphics.transform(transform);
        graphics.setColor(COPPER);
        copper.forEach(graphics::fill);
        graphics.setColor(LAMINATE);
        holes.forEach(graphics::fill);
        graphics.dispose();
        return image;
    }

    static Graphics2D graphics(BufferedImage image) {
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(
                RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        return graphics;
    }

    static byte[] pixels(BufferedImage image) {
        return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    }

    private void addTrace(double lane, boolean upright, SplittableRandom random) {
        double width = random.nextDouble(11, 24);
        Path2D path = new Path2D.Double();
        Point2D last = at(-20, lane, upright);
        path.moveTo(last.getX(), last.getY());
        double along = -20;
        double across = lane;
        while (along < SIZE + 20) {
            along += random.nextDouble(90, 260);
            last = lineTo(path, last, at(along, across, upright), width);
            double bend = random.nextDouble() < 0.5 ? 0 : random.nextDouble(-0.25, 0.25) * PITCH;
            if (bend != 0 && along < SIZE) {
                along += Math.abs(bend);
                across += bend;
                last = lineTo(path, last, at(along, across, upright), width);
            }
        }
        copper.add(
                new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
                        .createStrokedShape(path));
        if (random.nextDouble() < 0.6) {
            addVia(
                    at(random.nextDouble(60, SIZE - 60), lane, upright),
                    random.nextDouble(15, 20),
                    random);
        }
    }

    private Point2D lineTo(Path2D path, Point2D from, Point2D to, double width) {
        path.lineTo(to.getX(), to.getY());
        segments.add(new Segment(from, to, width));
        return to;
    }

    private void addPads(double lane, boolean upright, SplittableRandom random) {
        double radius = random.nextDouble(14, 21);
        double step = random.nextDouble(2.8, 4.5) * radius;
        for (double along = random.nextDouble(30, 70); along < SIZE - 20; along += step) {
            addVia(at(along, lane, upright), radius, random);
        }
    }

    private void addVia(Point2D centre, double radius, SplittableRandom random) {
        copper.add(circle(centre, radius));
        holes.add(circle(centre, radius * random.nextDouble(0.3, 0.45)));
    }

    /**
     * Pairs of pads of a small part, each with the rounded fillet of its solder joint, and the
     * trace between some of them.
     */
    private void addJoints(double lane, boolean upright, SplittableRandom random) {
        double length = random.nextDouble(26, 34);
        double breadth = random.nextDouble(22, 30);
        double gap = random.nextDouble(22, 36);
        double step = 2 * length + gap + random.nextDouble(36, 80);
        for (double along = random.nextDouble(20, 60); along < SIZE - step; along += step) {
            pad(along, lane, length, breadth, upright);
            pad(along + length + gap, lane, length, breadth, upright);
            copper.add(circle(at(along + length, lane, upright), breadth * 0.32));
            copper.add(circle(at(along + length + gap, lane, upright), breadth * 0.32));
        }
    }

    private void pad(double along, double lane, double length, double breadth, boolean upright) {
        Point2D corner = at(along, lane - breadth / 2, upright);
        copper.add(
                new RoundRectangle2D.Double(
                        corner.getX(),
                        corner.getY(),
                        upright ? breadth : length,
                        upright ? length : breadth,
                        10,
                        10));
    }

    private void addIsland(SplittableRandom random) {
        double width = random.nextDouble(70, 150);
        double height = random.nextDouble(70, 150);
        double x = random.nextDouble(0, SIZE - width);
        double y = random.nextDouble(0, SIZE - height);
        copper.add(new Rectangle2D.Double(x, y, width, height));
        if (random.nextBoolean()) {
            holes.add(
                    circle(
                            new Point2D.Double(x + width / 2, y + height / 2),
                            random.nextDouble(10, 18)));
        }
    }

    private static Ellipse2D circle(Point2D centre, double radius) {
        return new Ellipse2D.Double(
                centre.getX() - radius, centre.getY() - radius, 2 * radius, 2 * radius);
    }

    private static Point2D at(double along, double across, boolean upright) {
        return upright ? new Point2D.Double(across, along) : new Point2D.Double(along, across);
    }
}
