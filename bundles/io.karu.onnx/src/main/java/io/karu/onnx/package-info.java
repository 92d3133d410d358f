/**
 * ONNX as the one model format: a graph builder over the format's own messages, reading and
 * writing.
 */
@Version("1.0.0")
package io.karu.onnx;

import org.osgi.annotation.versioning.Version;
