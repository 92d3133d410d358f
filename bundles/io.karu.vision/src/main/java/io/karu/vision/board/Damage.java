package io.karu.vision.board;

import io.karu.vision.DeepPcb.DefectClass;
import java.awt.BasicStroke;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Finds places on a drawn board where a defect of a class is possible, apart from the defects
 * placed before.
 */
final class Damage {
    private static final int SIZE = BoardGenerator.SIZE;
    private static final int EDGE = 28;
    private static final double APART = 56;
    private static final int TRIES = 200;

    private final boolean[] copper = new boolean[SIZE * SIZE];
    private final List<Design.Segment> segments;
    private final List<Point2D> taken = new ArrayList<>();

    /** What to draw: a shape, in copper or in laminate. */
    record Mark(Shape shape, boolean copper) {}

    Damage(BufferedImage board, Design design) {
        byte[] pixels = Design.pixels(board);
        for (int i = 0; i < copper.length; i++) {
            copper[i] = pixels[i] >= 0;
        }
        segments = design.segments();
    }

    /** A place for a defect of that class; empty when none was found. */
    Optional<Mark> place(DefectClass type, SplittableRandom random) {
        for (int i = 0; i < TRIES; i++) {
            Mark mark =
                    switch (type) {
                        case OPEN -> open(random);
                        case SHORT -> bridge(random);
                        case MOUSEBITE -> atEdge(random, false);
                        case SPUR -> atEdge(random, true);
                        case COPPER -> inside(random, false);
                        case PIN_HOLE -> inside(random, true);
                    };
            if (mark != null) {
                return Optional.of(mark);
            }
        }
        return Optional.empty();
    }

    /** A gap across a trace that stands alone there. */
    private Mark open(SplittableRandom random) {
        Design.Segment segment = segment(random);
        if (segment == null) {
            return null;
        }
        Point2D centre = along(segment, random);
        double reach = segment.width() / 2 + 6;
        Point2D normal = normal(segment);
        if (isCopper(centre, normal, reach)
                || isCopper(centre, normal, -reach)
                || !isCopper(centre, normal, 0)) {
            return null;
        }
        double gap = random.nextDouble(6, 12);
        return take(centre)
                ? new Mark(
                        stroke(
                                move(centre, normal, -reach),
                                move(centre, normal, reach),
                                gap,
                                random.nextDouble(-3, 3)),
                        false)
                : null;
    }

    /** A bridge from a trace to the next copper beside it. */
    private Mark bridge(SplittableRandom random) {
        Design.Segment segment = segment(random);
        if (segment == null) {
            return null;
        }
        Point2D centre = along(segment, random);
        Point2D normal = normal(segment);
        int direction = random.nextBoolean() ? 1 : -1;
        double start = segment.width() / 2 + 3;
        double end = start;
        while (end < 60 && !isCopper(centre, normal, direction * end)) {
            end++;
        }
        if (end - start < 8 || end >= 60 || !isCopper(centre, normal, 0)) {
            return null;
        }
        Point2D far = move(centre, normal, direction * (end + 2));
        Point2D middle = move(centre, normal, direction * (start + end) / 2);
        return take(middle)
                ? new Mark(
                        stroke(
                                move(centre, normal, direction * (start - 6)),
                                far,
                                random.nextDouble(6, 10),
                                0),
                        true)
                : null;
    }

    /** A bite out of an edge or a spur on it, thick enough to be neither an open nor a short. */
    private Mark atEdge(SplittableRandom random, boolean outward) {
        Point2D point = anywhere(random);
        double radius = random.nextDouble(4.5, 7);
        double angle = random.nextDouble(2 * Math.PI);
        Point2D normal = new Point2D.Double(Math.cos(angle), Math.sin(angle));
        if (!isCopper(point, normal, -2) || isCopper(point, normal, 2)) {
            return null;
        }
        for (double depth = 3; depth <= 2 * radius + 4; depth++) {
            if (outward ? isCopper(point, normal, depth) : !isCopper(point, normal, -depth)) {
                return null;
            }
        }
        for (int side = -1; side <= 1; side += 2) {
            Point2D flank =
                    new Point2D.Double(
                            point.getX() - side * 6 * normal.getY(),
                            point.getY() + side * 6 * normal.getX());
            if (!isCopper(flank, normal, -4) || isCopper(flank, normal, 4)) {
                return null;
            }
        }
        Point2D centre = move(point, normal, outward ? radius * 0.5 : -radius * 0.5);
        return take(centre) ? new Mark(blob(centre, radius, random), outward) : null;
    }

    /** A hole inside copper, or a blob of copper on empty laminate. */
    private Mark inside(SplittableRandom random, boolean hole) {
        Point2D centre = anywhere(random);
        double radius = hole ? random.nextDouble(3.5, 6) : random.nextDouble(4.5, 9);
        for (int i = 0; i < 16; i++) {
            double angle = i * Math.PI / 8;
            Point2D direction = new Point2D.Double(Math.cos(angle), Math.sin(angle));
            for (double distance = 0; distance <= radius + 4; distance += 2) {
                if (isCopper(centre, direction, distance) != hole) {
                    return null;
                }
            }
        }
        return take(centre) ? new Mark(blob(centre, radius, random), !hole) : null;
    }

    private Design.Segment segment(SplittableRandom random) {
        return segments.isEmpty() ? null : segments.get(random.nextInt(segments.size()));
    }

    private static Point2D along(Design.Segment segment, SplittableRandom random) {
        double t = random.nextDouble();
        return new Point2D.Double(
                segment.from().getX() + t * (segment.to().getX() - segment.from().getX()),
                segment.from().getY() + t * (segment.to().getY() - segment.from().getY()));
    }

    private static Point2D normal(Design.Segment segment) {
        double dx = segment.to().getX() - segment.from().getX();
        double dy = segment.to().getY() - segment.from().getY();
        double length = Math.hypot(dx, dy);
        return new Point2D.Double(-dy / length, dx / length);
    }

    private static Point2D anywhere(SplittableRandom random) {
        return new Point2D.Double(
                random.nextDouble(EDGE, SIZE - EDGE), random.nextDouble(EDGE, SIZE - EDGE));
    }

    private static Point2D move(Point2D from, Point2D direction, double distance) {
        return new Point2D.Double(
                from.getX() + distance * direction.getX(),
                from.getY() + distance * direction.getY());
    }

    private boolean isCopper(Point2D from, Point2D direction, double distance) {
        int x = (int) Math.round(from.getX() + distance * direction.getX());
        int y = (int) Math.round(from.getY() + distance * direction.getY());
        return x >= 0 && y >= 0 && x < SIZE && y < SIZE && copper[y * SIZE + x];
    }

    private boolean take(Point2D centre) {
        boolean free =
                centre.getX() >= EDGE
                        && centre.getY() >= EDGE
                        && centre.getX() < SIZE - EDGE
                        && centre.getY() < SIZE - EDGE
                        && taken.stream().allMatch(other -> other.distance(centre) >= APART);
        if (free) {
            taken.add(centre);
        }
        return free;
    }

    private static Shape stroke(Point2D from, Point2D to, double width, double slant) {
        Shape line =
                new Line2D.Double(
                        from.getX() + slant,
                        from.getY() + slant,
                        to.getX() - slant,
                        to.getY() - slant);
        return new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND)
                .createStrokedShape(line);
    }

    private static Shape blob(Point2D centre, double radius, SplittableRandom random) {
        Path2D path = new Path2D.Double();
        int corners = 9;
        for (int i = 0; i < corners; i++) {
            double angle = 2 * Math.PI * i / corners;
            double reach = radius * random.nextDouble(0.75, 1.25);
            double x = reach * Math.cos(angle);
            double y = reach * Math.sin(angle);
            if (i == 0) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
        }
        path.closePath();
        return path.createTransformedShape(
                AffineTransform.getTranslateInstance(centre.getX(), centre.getY()));
    }
}
