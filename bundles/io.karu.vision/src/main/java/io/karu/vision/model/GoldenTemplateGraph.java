package io.karu.vision.model;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Golden-template comparison as an ONNX graph: two gray images in, one score map out.
 *
 * <p>The images are binarised to −1 and 1. The template is moved onto the image, first as a whole
 * (the shift of up to {@value #REACH} pixels with the highest correlation on a coarse grid), then,
 * with local registration, each cell of {@value #CELL} × {@value #CELL} pixels by up to {@value
 * #LOCAL_REACH} pixels more (the highest correlation over 3 × 3 cells). What still differs is
 * opened, so that edge jitter thinner than the opening vanishes, and what remains is graded by its
 * density and widened by {@value #REACH_OUT} pixels, so that the fragments of one defect become one
 * component.
 *
 * <p>A score of at least 0.5 means that a difference survived the opening; differences that only
 * survive a smaller opening score below 0.5: a station's review margin can ask a person about them.
 */
public final class GoldenTemplateGraph {
    /** Pixels by which a defect's component is wider than the defect, on each side. */
    public static final int REACH_OUT = 5;

    /** Largest shift of the whole template in pixels, in each direction. */
    static final int REACH = 8;

    /** Largest additional shift of a cell in pixels, in each direction. */
    static final int LOCAL_REACH = 4;

    /** Side of a cell in pixels. */
    static final int CELL = 16;

    private static final int COARSE = 8;
    private static final int DENSITY = 7;

    /**
     * Preference for small shifts where the image is flat: agreeing samples that one pixel of shift
     * must gain.
     */
    private static final float INERTIA = 1f / 64;

    private final GraphBuilder graph;
    private final Value one;

    private GoldenTemplateGraph(String name) {
        graph = new GraphBuilder(name);
        one = graph.vector(1);
    }

    /** Registers the template as a whole; opening of 4 × 4 pixels. */
    public static ModelProto registeredAsAWhole() {
        return new GoldenTemplateGraph("golden-template-1").build(false, 4, 3);
    }

    /** Registers the template as a whole and cell by cell; opening of 3 × 3 pixels. */
    public static ModelProto registeredCellByCell() {
        return new GoldenTemplateGraph("golden-template-2").build(true, 3, 2);
    }

    private ModelProto build(boolean local, int opening, int weakOpening) {
        Value rawImage = graph.input("image", DataType.UINT8, 1, 1, "H", "W");
        Value rawTemplate = graph.input("template", DataType.UINT8, 1, 1, "H", "W");
        Value shape = graph.node("Shape", rawImage);
        Value image = binarise(rawImage);
        Value template = binarise(rawTemplate);
        Value moved;
        if (local) {
            moved = cellByCell(image, globallyShifted(image, template, shape, LOCAL_REACH), shape);
        } else {
            moved = globallyShifted(image, template, shape, 0);
        }
        Value agreement = graph.node("Mul", image, moved);
        Value score = widened(graded(agreement, opening, weakOpening));
        graph.output("score", score, DataType.FLOAT, 1, 1, "H", "W");
        return graph.build();
    }

    private Value binarise(Value gray) {
        Value values =
                graph.node(
                        "Cast", List.of(gray), Attribute.integer("to", DataType.FLOAT.getNumber()));
        return graph.node("Sign", graph.node("Sub", values, graph.scalar(127.5f)));
    }

    /** The template under the whole-image shift that fits best, with a margin on each side. */
    private Value globallyShifted(Value image, Value template, Value shape, int margin) {
        Value padded = pad(template, "edge", REACH + margin, REACH + margin);
        Value sampled =
                graph.node(
                        "Slice",
                        image,
                        graph.vector(0, 0),
                        graph.vector(Long.MAX_VALUE, Long.MAX_VALUE),
                        graph.vector(2, 3),
                        graph.vector(COARSE, COARSE));
        Value height = dimension(shape, 2);
        Value width = dimension(shape, 3);
        // The image's samples are the kernel: each output element is the correlation under one
        // shift.
        Value search =
                slice(
                        padded,
                        graph.vector(margin, margin),
                        graph.node(
                                "Concat",
                                List.of(
                                        plus(height, margin + 2 * REACH),
                                        plus(width, margin + 2 * REACH)),
                                Attribute.integer("axis", 0)));
        Value correlation =
                graph.node(
                        "Conv",
                        List.of(coarseWindow(search, height, width), sampled),
                        Attribute.integers("dilations", COARSE, COARSE));
        int side = 2 * REACH + 1;
        Value perShift = graph.node("Reshape", correlation, graph.vector(side * side));
        Value preferred =
                graph.node(
                        "Add", perShift, graph.constant(preference(REACH, INERTIA), side * side));
        Value best =
                graph.node(
                        "ArgMax",
                        List.of(preferred),
                        Attribute.integer("axis", 0),
                        Attribute.integer("keepdims", 1));
        Value down = graph.node("Div", best, graph.vector(side));
        Value right = graph.node("Mod", best, graph.vector(side));
        Value from = concat(0, down, right);
        Value size = concat(0, plus(height, 2 * margin), plus(width, 2 * margin));
        return slice(padded, from, graph.node("Add", from, size));
    }

    /**
     * Cuts what a dilated kernel over every COARSE-th pixel reaches, so that the output is one
     * element per shift.
     */
    private Value coarseWindow(Value search, Value height, Value width) {
        Value reach = concat(0, lastSample(height), lastSample(width));
        return slice(
                search,
                graph.vector(0, 0),
                graph.node("Add", reach, graph.vector(2 * REACH + 1, 2 * REACH + 1)));
    }

    private Value lastSample(Value size) {
        Value step = graph.vector(COARSE);
        return graph.node("Mul", graph.node("Div", graph.node("Sub", size, one), step), step);
    }

    /** The template, each of its pixels taken from where its cell fits best. */
    private Value cellByCell(Value image, Value template, Value shape) {
        Value height = dimension(shape, 2);
        Value width = dimension(shape, 3);
        Value rows = cells(height);
        Value columns = cells(width);
        Value fillRows = graph.node("Sub", graph.node("Mul", rows, graph.vector(CELL)), height);
        Value fillColumns =
                graph.node("Sub", graph.node("Mul", columns, graph.vector(CELL)), width);
        Value none = graph.vector(0, 0);
        Value fill = concat(0, none, none, none, fillRows, fillColumns);
        Value wholeImage = graph.node("Pad", List.of(image, fill), Attribute.text("mode", "edge"));
        Value wholeTemplate =
                graph.node("Pad", List.of(template, fill), Attribute.text("mode", "edge"));

        Value shift = bestShifts(wholeImage, wholeTemplate, rows, columns);
        return gather(wholeTemplate, shift, rows, columns, height, width);
    }

    /**
     * Index of the best shift of each cell, [1,1,rows,columns]; compares every second pixel of
     * every second row.
     */
    private Value bestShifts(Value image, Value template, Value rows, Value columns) {
        int side = 2 * LOCAL_REACH + 1;
        int half = CELL / 2;
        Value evenPixels =
                graph.node(
                        "Slice",
                        image,
                        graph.vector(0, 0),
                        graph.vector(Long.MAX_VALUE, Long.MAX_VALUE),
                        graph.vector(2, 3),
                        graph.vector(2, 2));
        Value templatePhases = spaceToDepth(template);
        Value height = graph.node("Mul", rows, graph.vector(half));
        Value width = graph.node("Mul", columns, graph.vector(half));
        Value perRow = concat(0, one, rows, graph.vector(half), width);
        List<Value> sums = new ArrayList<>();
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                long phase = (y % 2) * 2L + x % 2;
                Value from = graph.vector(phase, y / 2, x / 2);
                Value to =
                        concat(0, graph.vector(phase + 1), plus(height, y / 2), plus(width, x / 2));
                Value window = graph.node("Slice", templatePhases, from, to, graph.vector(1, 2, 3));
                Value product =
                        graph.node("Reshape", graph.node("Mul", evenPixels, window), perRow);
                sums.add(
                        graph.node(
                                "ReduceSum",
                                List.of(product, graph.vector(2)),
                                Attribute.integer("keepdims", 0)));
            }
        }
        Value byColumn =
                graph.node(
                        "Reshape",
                        graph.node("Concat", sums, Attribute.integer("axis", 0)),
                        concat(0, graph.vector(side * side), rows, columns, graph.vector(half)));
        Value perCell =
                graph.node(
                        "ReduceSum",
                        List.of(byColumn, graph.vector(3)),
                        Attribute.integer("keepdims", 0));
        Value correlation =
                graph.node(
                        "AveragePool",
                        List.of(graph.node("Unsqueeze", perCell, graph.vector(0))),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.integers("pads", 1, 1, 1, 1));
        Value preference = graph.constant(preference(LOCAL_REACH, INERTIA), 1, side * side, 1, 1);
        Value preferred = graph.node("Add", correlation, preference);
        return graph.node("ArgMax", List.of(preferred), Attribute.integer("axis", 1));
    }

    /** What a shift costs, so that the smallest of equally good ones is taken. */
    private static float[] preference(int reach, float perPixel) {
        int side = 2 * reach + 1;
        float[] preference = new float[side * side];
        for (int i = 0; i < preference.length; i++) {
            preference[i] = -perPixel * (Math.abs(i / side - reach) + Math.abs(i % side - reach));
        }
        return preference;
    }

    /** [1,1,2h,2w] to [1,4,h,w], channel = 2 × row parity + column parity. */
    private Value spaceToDepth(Value map) {
        return graph.node("SpaceToDepth", List.of(map), Attribute.integer("blocksize", 2));
    }

    private Value gather(
            Value template, Value shift, Value rows, Value columns, Value height, Value width) {
        int side = 2 * LOCAL_REACH + 1;
        long[] down = new long[side * side];
        long[] right = new long[side * side];
        for (int i = 0; i < side * side; i++) {
            down[i] = i / side;
            right[i] = i % side;
        }
        Value stride = dimension(graph.node("Shape", template), 3);
        Value offsets =
                graph.node(
                        "Add", graph.node("Mul", graph.vector(down), stride), graph.vector(right));
        Value perCell =
                graph.node(
                        "Reshape",
                        graph.node("Gather", int32(offsets), shift),
                        concat(0, rows, one, columns, one));
        Value perPixel =
                graph.node(
                        "Reshape",
                        graph.node(
                                "Expand",
                                perCell,
                                concat(0, rows, graph.vector(CELL), columns, graph.vector(CELL))),
                        concat(
                                0,
                                graph.node("Mul", rows, graph.vector(CELL)),
                                graph.node("Mul", columns, graph.vector(CELL))));
        Value own = slice(perPixel, graph.vector(0, 0), concat(0, height, width), 0, 1);
        Value row = graph.node("Unsqueeze", graph.node("Mul", range(height), int32(stride)), one);
        Value position = graph.node("Add", own, graph.node("Add", row, range(width)));
        return graph.node(
                "Reshape",
                graph.node("Gather", graph.node("Reshape", template, graph.vector(-1)), position),
                concat(0, one, one, height, width));
    }

    private Value range(Value size) {
        Value end = graph.node("Squeeze", int32(size));
        Value start = graph.node("Squeeze", int32(graph.vector(0)));
        Value step = graph.node("Squeeze", int32(one));
        return graph.node("Range", start, end, step);
    }

    private Value int32(Value value) {
        return graph.node(
                "Cast", List.of(value), Attribute.integer("to", DataType.INT32.getNumber()));
    }

    /**
     * Score of each pixel that differs: at least 0.5 when it survives the opening, below when only
     * a weaker one.
     */
    private Value graded(Value agreement, int opening, int weakOpening) {
        Value strong = opened(agreement, opening);
        Value weak = opened(agreement, weakOpening);
        Value strongScore =
                graph.node(
                        "Mul",
                        strong,
                        graph.node(
                                "Add",
                                graph.node(
                                        "Mul", saturated(density(strong), 2), graph.scalar(0.5f)),
                                graph.scalar(0.5f)));
        Value weakScore =
                graph.node(
                        "Mul",
                        weak,
                        graph.node("Mul", saturated(density(weak), 2.5f), graph.scalar(0.49f)));
        return graph.node("Max", strongScore, weakScore);
    }

    /** Morphological opening of the differing pixels: 1 where they survive, 0 elsewhere. */
    private Value opened(Value agreement, int size) {
        int before = size / 2;
        int after = size - 1 - before;
        Value surrounded = pad(agreement, "constant", after, before);
        Value eroded = graph.node("Neg", maxPool(surrounded, size, 0, 0));
        Value dilated = maxPool(eroded, size, before, after);
        return graph.node("Relu", dilated);
    }

    private Value density(Value map) {
        int reach = DENSITY / 2;
        return graph.node(
                "AveragePool",
                List.of(map),
                Attribute.integers("kernel_shape", DENSITY, DENSITY),
                Attribute.integers("pads", reach, reach, reach, reach),
                Attribute.integer("count_include_pad", 1));
    }

    private Value saturated(Value map, float slope) {
        return graph.node("Min", graph.node("Mul", map, graph.scalar(slope)), graph.scalar(1));
    }

    private Value widened(Value score) {
        int side = 2 * REACH_OUT + 1;
        Value across =
                graph.node(
                        "MaxPool",
                        List.of(score),
                        Attribute.integers("kernel_shape", 1, side),
                        Attribute.integers("pads", 0, REACH_OUT, 0, REACH_OUT));
        return graph.node(
                "MaxPool",
                List.of(across),
                Attribute.integers("kernel_shape", side, 1),
                Attribute.integers("pads", REACH_OUT, 0, REACH_OUT, 0));
    }

    private Value maxPool(Value map, int size, int before, int after) {
        return graph.node(
                "MaxPool",
                List.of(map),
                Attribute.integers("kernel_shape", size, size),
                Attribute.integers("pads", before, before, after, after));
    }

    private Value pad(Value map, String mode, long before, long after) {
        Value pads = graph.vector(0, 0, before, before, 0, 0, after, after);
        List<Value> inputs =
                mode.equals("constant") ? List.of(map, pads, graph.scalar(1)) : List.of(map, pads);
        return graph.node("Pad", inputs, Attribute.text("mode", mode));
    }

    private Value slice(Value map, Value from, Value to) {
        return slice(map, from, to, 2, 3);
    }

    private Value slice(Value map, Value from, Value to, long firstAxis, long secondAxis) {
        return graph.node("Slice", map, from, to, graph.vector(firstAxis, secondAxis));
    }

    private Value concat(int axis, Value... parts) {
        return graph.node("Concat", List.of(parts), Attribute.integer("axis", axis));
    }

    private Value dimension(Value shape, int axis) {
        return graph.node("Slice", shape, graph.vector(axis), graph.vector(axis + 1));
    }

    private Value plus(Value size, long pixels) {
        return graph.node("Add", size, graph.vector(pixels));
    }

    private Value cells(Value size) {
        return graph.node("Div", plus(size, CELL - 1), graph.vector(CELL));
    }
}
