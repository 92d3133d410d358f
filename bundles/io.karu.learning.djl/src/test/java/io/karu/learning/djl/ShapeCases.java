package io.karu.learning.djl;

import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Value;
import java.util.List;

/** Operators that move values, and resizing. */
final class ShapeCases extends OperatorCases {
    ShapeCases() {
        shapes();
        indices();
        resizes();
    }

    private void shapes() {
        long[] image = shape(2, 4, 6, 4);
        add("Reshape", image, (g, x) -> g.node("Reshape", x, g.vector(0, -1, 4)));
        add("Flatten", image, unary("Flatten", one("axis", 2)));
        add("Squeeze", shape(2, 1, 3, 1), (g, x) -> g.node("Squeeze", x, g.vector(1)));
        add("Squeeze all", shape(2, 1, 3, 1), unary("Squeeze"));
        add("Squeeze 11", 11, shape(2, 1, 3, 1), unary("Squeeze", ints("axes", 1, 3)));
        add("Unsqueeze", shape(2, 3), (g, x) -> g.node("Unsqueeze", x, g.vector(0, -1)));
        add("Transpose", image, unary("Transpose", ints("perm", 0, 2, 3, 1)));
        add("Transpose all", image, unary("Transpose"));
        add(
                "Slice",
                image,
                (g, x) -> g.node("Slice", x, g.vector(1, -3), g.vector(4, 99), g.vector(1, 2)));
        add(
                "Slice steps",
                image,
                (g, x) ->
                        g.node(
                                "Slice",
                                x,
                                g.vector(0, -1),
                                g.vector(4, -99),
                                g.vector(1, 2),
                                g.vector(2, -2)));
        add(
                "Slice 9",
                9,
                image,
                unary("Slice", ints("starts", 1, 0), ints("ends", 3, -1), ints("axes", 1, 3)));
        add(
                "Gather",
                image,
                (g, x) ->
                        g.node(
                                "Gather",
                                List.of(x, g.constant(new long[] {2, 0, -1, 2}, 2, 2)),
                                one("axis", 1)));
        add(
                "Gather scalar",
                image,
                (g, x) -> g.node("Gather", List.of(x, g.constant(new long[] {1})), one("axis", 2)));
        add(
                "GatherElements",
                shape(2, 3),
                (g, x) ->
                        g.node(
                                "GatherElements",
                                List.of(x, g.constant(new long[] {0, 2, 1, 1}, 2, 2)),
                                one("axis", 1)));
        add(
                "Pad",
                image,
                (g, x) -> g.node("Pad", x, g.vector(0, 1, 2, 0, 0, 0, 1, 3), g.scalar(0.5f)));
        for (String mode : List.of("reflect", "edge")) {
            add(
                    "Pad " + mode,
                    image,
                    (g, x) ->
                            g.node(
                                    "Pad",
                                    List.of(x, g.vector(0, 0, 2, 1, 0, 0, 1, 3)),
                                    text("mode", mode)));
        }
        add(
                "Pad wrap",
                19,
                image,
                (g, x) ->
                        g.node(
                                "Pad",
                                List.of(x, g.vector(0, 0, 2, 1, 0, 0, 1, 3)),
                                text("mode", "wrap")));
        add("Expand", shape(2, 1, 3), (g, x) -> g.node("Expand", x, g.vector(4, 1, 5, 3)));
        add("Tile", shape(2, 3), (g, x) -> g.node("Tile", x, g.vector(2, 3)));
        add("DepthToSpace", image, unary("DepthToSpace", one("blocksize", 2)));
        add(
                "DepthToSpace CRD",
                image,
                unary("DepthToSpace", one("blocksize", 2), text("mode", "CRD")));
        add("SpaceToDepth", image, unary("SpaceToDepth", one("blocksize", 2)));
        add(
                "Concat",
                image,
                (g, x) ->
                        g.node(
                                "Concat",
                                List.of(x, g.node("Neg", x), numbers(g, "c", 2, 1, 6, 4)),
                                one("axis", 1)));
        add(
                "Split",
                image,
                (g, x) -> {
                    List<Value> parts =
                            g.nodes(
                                    "split",
                                    "Split",
                                    List.of(x, g.vector(1, 3)),
                                    2,
                                    one("axis", 1));
                    return g.node("Mul", parts.get(0), parts.get(1));
                });
        add(
                "Split even",
                image,
                (g, x) -> {
                    List<Value> parts = g.nodes("split", "Split", List.of(x), 2, one("axis", 1));
                    return g.node("Sub", parts.get(0), parts.get(1));
                });
        add(
                "Shape Size Range ConstantOfShape",
                image,
                (g, x) -> {
                    Value rows = g.node("Gather", g.node("Shape", x), g.constant(new long[] {2}));
                    Value range =
                            g.node(
                                    "Range",
                                    g.constant(new long[] {0}),
                                    rows,
                                    g.constant(new long[] {1}));
                    Value ramp =
                            g.node(
                                    "Reshape",
                                    g.node("Cast", List.of(range), one("to", 1)),
                                    g.vector(-1, 1));
                    Value size = g.node("Cast", List.of(g.node("Size", x)), one("to", 1));
                    Value ones =
                            g.node(
                                    "ConstantOfShape",
                                    List.of(g.node("Shape", x)),
                                    Attribute.tensor(
                                            "value", Constant.of("v", new float[] {2}, 1)));
                    return g.node("Add", g.node("Add", g.node("Add", x, ramp), size), ones);
                });
        add(
                "integer Div",
                image,
                (g, x) -> {
                    Value rows = g.node("Gather", g.node("Shape", x), g.constant(new long[] {2}));
                    Value half = g.node("Div", rows, g.constant(new long[] {4}));
                    return g.node("Mul", x, g.node("Cast", List.of(half), one("to", 1)));
                });
    }

    private void indices() {
        long[] image = shape(2, 3, 4, 5);
        add(
                "GatherElements negative",
                shape(2, 3),
                (g, x) ->
                        g.node(
                                "GatherElements",
                                List.of(x, g.constant(new long[] {0, -1, 1, -3}, 2, 2)),
                                one("axis", 1)));
        add(
                "GatherND",
                image,
                (g, x) -> g.node("GatherND", x, g.constant(new long[] {0, 1, 1, -1, 0, 2}, 3, 2)));
        add(
                "GatherND all",
                image,
                (g, x) ->
                        g.node(
                                "GatherND",
                                x,
                                g.constant(new long[] {0, 1, 2, 3, 1, 2, 3, 4}, 2, 4)));
        add(
                "ScatterElements",
                shape(2, 4),
                (g, x) ->
                        g.node(
                                "ScatterElements",
                                List.of(
                                        x,
                                        g.constant(new long[] {1, 0, -1, 2}, 2, 2),
                                        numbers(g, "u", 2, 2)),
                                one("axis", 1)));
        add(
                "OneHot",
                shape(2, 4),
                (g, x) -> {
                    Value hot =
                            g.node(
                                    "OneHot",
                                    List.of(
                                            g.constant(new long[] {1, -1, 0, 3}, 4),
                                            g.constant(new long[] {4}),
                                            g.constant("v", new float[] {0.5f, 2}, 2)),
                                    one("axis", 0));
                    return g.node("MatMul", x, hot);
                });
        add(
                "OneHot last",
                shape(2, 4),
                (g, x) -> {
                    Value hot =
                            g.node(
                                    "OneHot",
                                    List.of(
                                            g.constant(new long[] {1, 2, 0, 3}, 4),
                                            g.constant(new long[] {4}),
                                            g.constant("v", new float[] {0, 1}, 2)));
                    return g.node("MatMul", x, hot);
                });
        add("Trilu", image, unary("Trilu"));
        add(
                "Trilu lower",
                image,
                (g, x) -> g.node("Trilu", List.of(x, g.constant(new long[] {1})), one("upper", 0)));
        add(
                "EyeLike",
                shape(3, 4),
                (g, x) -> g.node("Add", x, g.node("EyeLike", List.of(x), one("k", 1))));
        add(
                "TopK",
                image,
                (g, x) ->
                        g.nodes("top", "TopK", List.of(x, g.vector(2)), 2, one("axis", 2)).get(0));
        add(
                "TopK smallest",
                image,
                (g, x) ->
                        g.nodes("top", "TopK", List.of(x, g.vector(2)), 2, one("largest", 0))
                                .get(0));
        add(
                "Einsum product",
                shape(2, 3, 4),
                (g, x) ->
                        g.node(
                                "Einsum",
                                List.of(x, numbers(g, "c", 4, 5)),
                                text("equation", "bij,jk->bik")));
        add(
                "Einsum attention",
                shape(2, 3, 4, 5),
                (g, x) ->
                        g.node(
                                "Einsum",
                                List.of(x, numbers(g, "c", 2, 6, 4, 5)),
                                text("equation", "bihd,bjhd->bhij")));
        add(
                "Einsum turned",
                shape(2, 3, 4),
                (g, x) -> g.node("Einsum", List.of(x), text("equation", "abc->cb")));
    }

    private void resizes() {
        long[] image = shape(1, 2, 6, 7);
        Value[] none = {new Value("")};
        for (String mode : List.of("nearest", "linear", "cubic")) {
            for (String coordinates :
                    List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
                add(
                        "Resize " + mode + " " + coordinates + " up",
                        image,
                        (g, x) ->
                                g.node(
                                        "Resize",
                                        List.of(
                                                x,
                                                none[0],
                                                g.constant("scales", new float[] {1, 1, 2, 2}, 4)),
                                        text("mode", mode),
                                        text("coordinate_transformation_mode", coordinates)));
                add(
                        "Resize " + mode + " " + coordinates + " sizes",
                        image,
                        (g, x) ->
                                g.node(
                                        "Resize",
                                        List.of(x, none[0], none[0], g.vector(1, 2, 4, 11)),
                                        text("mode", mode),
                                        text("coordinate_transformation_mode", coordinates)));
            }
        }
        for (String rounding : List.of("floor", "ceil", "round_prefer_ceil")) {
            add(
                    "Resize nearest " + rounding,
                    image,
                    (g, x) ->
                            g.node(
                                    "Resize",
                                    List.of(
                                            x,
                                            none[0],
                                            g.constant(
                                                    "scales", new float[] {1, 1, 1.5f, 0.7f}, 4)),
                                    text("mode", "nearest"),
                                    text("nearest_mode", rounding)));
        }
        add(
                "Resize cubic form",
                image,
                (g, x) ->
                        g.node(
                                "Resize",
                                List.of(
                                        x,
                                        none[0],
                                        g.constant("scales", new float[] {1, 1, 2, 0.5f}, 4)),
                                text("mode", "cubic"),
                                real("cubic_coeff_a", -0.5),
                                one("exclude_outside", 1)));
        add(
                "Upsample",
                9,
                image,
                (g, x) ->
                        g.node(
                                "Upsample",
                                List.of(x, g.constant("scales", new float[] {1, 1, 2, 2}, 4)),
                                text("mode", "nearest")));
    }
}
