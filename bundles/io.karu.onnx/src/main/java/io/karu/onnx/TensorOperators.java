package io.karu.onnx;

import static io.karu.onnx.Operators.MANY;
import static io.karu.onnx.Operators.operator;

/** Reductions, structure, indexing and what makes tensors. */
final class TensorOperators {
    private TensorOperators() {}

    static void define() {
        reductions();
        structure();
        indexing();
        sources();
    }

    private static void reductions() {
        for (String name :
                new String[] {
                    "ReduceSum",
                    "ReduceMean",
                    "ReduceMax",
                    "ReduceMin",
                    "ReduceProd",
                    "ReduceL1",
                    "ReduceL2",
                    "ReduceLogSum",
                    "ReduceLogSumExp",
                    "ReduceSumSquare"
                }) {
            operator(name, ReductionRules::reduce)
                    .inputs(1, 2)
                    .attributes("axes:is", "keepdims:b", "noop_with_empty_axes:b")
                    .folds(name.startsWith("ReduceLog") ? null : MatrixKernels::reduce);
        }
        for (String name : new String[] {"ArgMax", "ArgMin"}) {
            operator(name, ReductionRules::index)
                    .attributes("axis:i", "keepdims:b", "select_last_index:b");
        }
        operator("TopK", ReductionRules::topK)
                .inputs(2, 2)
                .outputs(2, 2)
                .attributes("axis:i", "largest:b", "sorted:b");
    }

    private static void structure() {
        operator("Reshape", StructureRules::reshape)
                .inputs(2, 2)
                .attributes("allowzero:b")
                .folds(StructureKernels::reshaped);
        operator("Flatten", StructureRules::flatten)
                .attributes("axis:i")
                .folds(StructureKernels::reshaped);
        operator("Transpose", StructureRules::transpose)
                .attributes("perm:is")
                .folds(StructureKernels::transpose);
        operator("Squeeze", StructureRules::squeeze).inputs(1, 2).folds(StructureKernels::reshaped);
        operator("Unsqueeze", StructureRules::unsqueeze)
                .inputs(2, 2)
                .folds(StructureKernels::reshaped);
        operator("Expand", StructureRules::expand).inputs(2, 2).folds(StructureKernels::expand);
        operator("Tile", StructureRules::tile).inputs(2, 2).folds(StructureKernels::tile);
        operator("Concat", StructureRules::concat)
                .inputs(1, MANY)
                .attributes("axis:i!")
                .folds(StructureKernels::concat);
        operator("Split", StructureRules::split)
                .inputs(1, 2)
                .outputs(1, MANY)
                .attributes("axis:i", "num_outputs:i@18")
                .folds(StructureKernels::split);
        operator("Pad", StructureRules::pad).inputs(2, 4).attributes("mode:s");
        operator("Resize", ResizeRule::infer)
                .inputs(1, 4)
                .attributes(
                        "antialias:b@18",
                        "axes:is@18",
                        "coordinate_transformation_mode:s",
                        "cubic_coeff_a:f",
                        "exclude_outside:b",
                        "extrapolation_value:f",
                        "keep_aspect_ratio_policy:s@18",
                        "mode:s",
                        "nearest_mode:s");
        operator("DepthToSpace", StructureRules::depthToSpace).attributes("blocksize:i!", "mode:s");
        operator("SpaceToDepth", StructureRules::spaceToDepth).attributes("blocksize:i!");
    }

    private static void indexing() {
        operator("Slice", IndexRules::slice).inputs(3, 5).folds(StructureKernels::slice);
        operator("Gather", IndexRules::gather)
                .inputs(2, 2)
                .attributes("axis:i")
                .folds(StructureKernels::gather);
        operator("GatherElements", IndexRules::likeIndices).inputs(2, 2).attributes("axis:i");
        operator("GatherND", IndexRules::gatherNd).inputs(2, 2).attributes("batch_dims:i");
        operator("ScatterElements", ElementwiseRules::same)
                .inputs(3, 3)
                .attributes("axis:i", "reduction:s");
        operator("ScatterND", ElementwiseRules::same).inputs(3, 3).attributes("reduction:s");
        operator("OneHot", IndexRules::oneHot).inputs(3, 3).attributes("axis:i");
        operator("NonZero", ReductionRules::nonZero).note("the number of elements stays open");
        operator("GridSample", IndexRules::gridSample)
                .inputs(2, 2)
                .attributes("align_corners:b", "mode:s", "padding_mode:s");
        operator("NonMaxSuppression", IndexRules::nonMaxSuppression)
                .inputs(2, 5)
                .attributes("center_point_box:b")
                .note("the number of boxes stays open");
    }

    private static void sources() {
        operator("Shape", IndexRules::shape)
                .attributes("start:i", "end:i")
                .folds(StructureKernels::shape);
        operator("Size", IndexRules::size).folds(StructureKernels::shape);
        operator("ConstantOfShape", IndexRules::constantOfShape)
                .attributes("value:t")
                .folds(StructureKernels::constantOfShape);
        operator("Range", IndexRules::range).inputs(3, 3).folds(StructureKernels::range);
        operator("EyeLike", IndexRules::eyeLike).attributes("dtype:i", "k:i");
    }
}
