/**
 * Augmentation of industrial images on byte arrays: what a camera, a lamp and a fixture vary, and
 * nothing else. Everything random comes from the generator that is passed in.
 */
package io.karu.learning.djl.augment;
