/**
 * Golden-template comparison as ONNX graphs, written from code. For building models: nothing here
 * runs on a gateway.
 */
@Export
@Version("1.0.0")
package io.karu.vision.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
