/**
 * ONNX as the one model format. {@link io.karu.onnx.GraphBuilder} builds, {@link
 * io.karu.onnx.Graph} reads within limits, is asked, edited and written; {@link
 * io.karu.onnx.Validation}, {@link io.karu.onnx.Shapes}, {@link io.karu.onnx.Folding}, {@link
 * io.karu.onnx.Cost} and {@link io.karu.onnx.Subgraph} work on graphs. Which operators: {@link
 * io.karu.onnx.Operators}, listed in {@code docs/operators.md}. Faults are {@link
 * io.karu.onnx.OnnxException}s.
 */
@Version("1.0.0")
package io.karu.onnx;

import org.osgi.annotation.versioning.Version;
