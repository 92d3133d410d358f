/**
 * Golden-template comparison as ONNX graphs, written from code. For building models: nothing here
 * runs on a gateway.
 */
package io.karu.vision.model;
