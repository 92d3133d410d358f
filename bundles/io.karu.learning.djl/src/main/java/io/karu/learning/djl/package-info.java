/** Toolkit: the trainable view of an ONNX graph on DJL. */
package io.karu.learning.djl;
