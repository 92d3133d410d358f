/**
 * Compression of model versions with everything at hand: images of data sets, training, reports.
 */
package io.karu.training.compression;
