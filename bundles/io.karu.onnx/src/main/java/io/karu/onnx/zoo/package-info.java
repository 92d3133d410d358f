/**
 * Architectures of the model families that inspection uses, as ONNX graphs: what tests, benchmarks
 * and training recipes start from.
 */
@Version("1.0.0")
package io.karu.onnx.zoo;

import org.osgi.annotation.versioning.Version;
