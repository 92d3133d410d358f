/**
 * Where an image differs from its template: candidates in integer bit arithmetic, and the cut-outs
 * around them that a detector's graph judges. The same code serves training, evaluation and the
 * station.
 */
package io.karu.vision.pair;
