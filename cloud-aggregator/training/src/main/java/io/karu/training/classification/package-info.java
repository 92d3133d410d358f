/** Classification: what a piece of an image is. */
package io.karu.training.classification;
