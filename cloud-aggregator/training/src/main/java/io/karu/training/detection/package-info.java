/**
 * Detection of defects from pairs of image and template: candidates from their difference, judged
 * by a small convolutional network that is trained on cut-outs around them.
 */
package io.karu.training.detection;
