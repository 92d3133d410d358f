/**
 * Toolkit: the trainable view of an ONNX graph on DJL and PyTorch, and the machinery of a training
 * run: losses, optimisers that own their state, schedules, augmentation, checkpoints.
 *
 * <p>Parameters keep the names of the ONNX initializers they came from.
 */
package io.karu.learning.djl;
