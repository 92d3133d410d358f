/**
 * Pretrained networks that people have, read into ONNX: TensorFlow.js layers models. Weights are
 * read where they lie and never shipped.
 */
@Version("1.0.0")
package io.karu.learning.backbone;

import org.osgi.annotation.versioning.Version;
